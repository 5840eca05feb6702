//! The review page, served on this machine.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use caption_parser::Parser;
use vocab_review::suggestions;
use vocab_review::web::{Highlight, ReviewServer, ServerOptions};
use vocab_review::{Candidates, DecisionLog};

use crate::args::ReviewArgs;
use crate::crash::tell;
use crate::interrupt::Interrupt;
use crate::review::near;
use crate::tagging::{SafeTagger, Stages, Unparsed};

/// Serves the page until Ctrl-C.
///
/// # Errors
/// If the encoder cannot be used or the address cannot be listened to.
pub fn serve(args: &ReviewArgs, candidates: Candidates, log: DecisionLog) -> Result<()> {
    // Before Ctrl-C is listened for: it ends this at once.
    let near = match &args.embeddings {
        Some(folder) => near::pairs(&candidates, folder)?,
        None => Vec::new(),
    };
    let suggestions = suggestions::all(&candidates, &near);
    let interrupt = Interrupt::listen().context("cannot listen for Ctrl-C")?;
    let server = ReviewServer::bind(ServerOptions {
        listen: SocketAddr::from((args.listen, args.port)),
        allowed_hosts: args.allow_host.clone(),
        highlight: by_parser()?,
        suggestions,
        ..ServerOptions::new(candidates, log)
    })?;
    if !server.address().ip().is_loopback() {
        tell("mine-tags: this address can be reached from other machines: whoever has the link can judge");
    }
    if server.address().ip().is_unspecified() {
        tell("From other machines open the link with this machine's address in place of 127.0.0.1.");
    }
    tell("The review page is at the link below, until Ctrl-C. Judgements are saved as they are made.");
    println!("{}", server.url());
    Ok(server.run(|| interrupt.is_requested())?)
}

/// Marks the words that the parser takes for the tag.
fn by_parser() -> Result<Highlight> {
    let stages = Stages { parser: Parser::embedded()?, mapper: tag_mapper::TagMapper::new() };
    // What cannot be parsed is shown without marks; the run that counted it has said so.
    static UNPARSED: Mutex<Unparsed> = Mutex::new(Unparsed { count: 0, example: None });
    let tagger = Mutex::new(SafeTagger::new(stages, &UNPARSED));
    Ok(Box::new(move |caption, tag| {
        let mut tagger = tagger.lock().unwrap_or_else(PoisonError::into_inner);
        let mentions = tagger.mentions(caption).iter();
        let of_tag = mentions.filter(|mention| mention.kind == tag.kind && mention.name == tag.name);
        of_tag.flat_map(|mention| mention.spans()).collect()
    }))
}
