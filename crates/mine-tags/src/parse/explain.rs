//! Why a caption has a tag: the words that say it and the rule that found them.

use std::io::{self, Write};

use tag_mapper::Mention;

use super::harmless;
use crate::tagging::Analysis;

/// Writes for every mention of the tag its kind, its words, and its rule with an example; or that
/// the caption does not mention it.
pub fn write(tag: &str, analysis: &Analysis<'_>, output: &mut impl Write) -> io::Result<()> {
    let mentions = analysis.mentions.iter().filter(|mention| mention.name == tag);
    let mut found = false;
    for mention in mentions {
        found = true;
        let words = said(mention, analysis.document.text());
        writeln!(output, "  why        {tag}, {}, said by \"{words}\"", mention.kind)?;
        writeln!(output, "             rule {}: {}", mention.rule, mention.rule.example())?;
    }
    if !found {
        writeln!(output, "  why        no tag \"{tag}\" here")?;
    }
    Ok(())
}

/// The caption's words: "picks … up".
fn said(mention: &Mention, caption: &str) -> String {
    let spans: Vec<&str> = mention.spans().filter_map(|span| caption.get(span)).collect();
    harmless(&spans.join(" … "))
}
