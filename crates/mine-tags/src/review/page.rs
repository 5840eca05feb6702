//! The review page, served on this machine.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use caption_parser::Parser;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::suggestions::{Suggestion, SuggestionKind, variants};
use vocab_review::web::{Highlight, ReviewServer, ServerOptions};
use vocab_review::{Candidates, DecisionLog};

use crate::args::ReviewArgs;
use crate::crash::tell;
use crate::interrupt::Interrupt;
use crate::tagging::{SafeTagger, Stages, Unparsed};

/// How much more frequent a tag's twin of another kind must be to make one doubt.
const MUCH_MORE: u64 = 3;

/// Serves the page until Ctrl-C.
///
/// # Errors
/// If the address cannot be listened to.
pub fn serve(args: &ReviewArgs, candidates: Candidates, log: DecisionLog) -> Result<()> {
    let interrupt = Interrupt::listen().context("cannot listen for Ctrl-C")?;
    let suggestions = [variants(&candidates), doubtful_kinds(&candidates)].concat();
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

/// Things and places of one name: the rarer may only be the miner's mistake.
fn doubtful_kinds(candidates: &Candidates) -> Vec<Suggestion> {
    let doubt = |candidate: &vocab_review::Candidate| {
        let better = match candidate.tag.kind {
            TagKind::Object => TagKind::Scene,
            TagKind::Scene => TagKind::Object,
            TagKind::Action | TagKind::Attribute => return None,
        };
        let twin = Tag { name: candidate.tag.name.clone(), kind: better };
        let (_, twin) = candidates.get(&twin)?;
        (twin.images >= MUCH_MORE * candidate.images).then(|| Suggestion {
            kind: SuggestionKind::Kind { better: Some(better) },
            tags: vec![candidate.tag.clone()],
            reason: format!("{} has {} images, this one {}", twin.tag, twin.images, candidate.images),
        })
    };
    candidates.all().iter().filter_map(doubt).collect()
}
