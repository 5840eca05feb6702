//! What the scene graph and the tags of a caption cost beside its parse.
//!
//!     cargo run --release -p tag-mapper --example costs -- CAPTIONS.txt [ROUNDS]
//!
//! Reads a caption a line and prints the time of each stage on one core. The first round fills
//! the caches and is not timed; of the others the median counts.

use std::error::Error;
use std::time::Instant;

use caption_parser::{Document, Parser, Scratch};
use scene_graph::{Extractor, SceneGraph};
use tag_mapper::TagMapper;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: costs CAPTIONS.txt [ROUNDS]")?;
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let text = std::fs::read_to_string(path)?;
    let captions: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let parser = Parser::embedded()?;
    let (mut scratch, mut extractor, mapper) = (Scratch::default(), Extractor::new(), TagMapper::new());
    let documents: Vec<Document> =
        captions.iter().map(|caption| parser.parse(&mut scratch, caption).clone()).collect();
    let graphs: Vec<SceneGraph> = documents.iter().map(SceneGraph::of).collect();
    let (mut graph, mut mentions) = (SceneGraph::default(), Vec::new());
    let per_caption = 1e6 / captions.len().max(1) as f64;
    let parse = per_caption
        * median(rounds, || {
            for caption in &captions {
                parser.parse(&mut scratch, caption);
            }
        });
    let extract = per_caption
        * median(rounds, || {
            for document in &documents {
                extractor.extract(document, &mut graph);
            }
        });
    let map = per_caption
        * median(rounds, || {
            for graph in &graphs {
                mapper.tags(graph, &mut mentions);
            }
        });
    println!("parse {parse:.2} us a caption, graph {extract:.2}, tags {map:.2}");
    println!("graph and tags cost {:.0} % of the parse", 100.0 * (extract + map) / parse);
    Ok(())
}

/// Seconds that a round takes.
fn median(rounds: usize, mut round: impl FnMut()) -> f64 {
    round();
    let mut times: Vec<f64> = (0..rounds.max(1))
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
