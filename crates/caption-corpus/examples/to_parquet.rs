//! Writes the captions of any corpus as one Parquet file with the columns `image_id` and
//! `caption`:
//!
//! ```text
//! cargo run -p caption-corpus --example to_parquet -- corpora/demo.jsonl corpora/demo.parquet
//! ```
//!
//! The last argument is the file to write. The same captions give the same bytes.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow::array::{RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use caption_corpus::{CaptionBatch, ColumnChoice, Corpus};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [inputs @ .., output] = &arguments[..] else {
        bail!("usage: to_parquet <CORPUS>... <OUTPUT.parquet>");
    };
    let corpus = Corpus::open(inputs, &ColumnChoice::default())?;
    let temporary = format!("{output}.part");
    let count =
        write(&corpus, Path::new(&temporary)).inspect_err(|_| _ = std::fs::remove_file(&temporary))?;
    std::fs::rename(&temporary, output).with_context(|| format!("cannot write {output}"))?;
    println!("{output}: {count} captions");
    Ok(())
}

fn write(corpus: &Corpus, path: &Path) -> Result<usize> {
    let fields =
        vec![Field::new("image_id", DataType::Utf8, true), Field::new("caption", DataType::Utf8, false)];
    let schema = Arc::new(Schema::new(fields));
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(9)?)).build();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
    let mut count = 0;
    for shard in corpus.shards() {
        for batch in shard.open()? {
            let batch = batch?;
            if let Some((reason, skipped, rows)) = batch.skipped().iter().next() {
                bail!(
                    "{}: {skipped} captions cannot be read ({reason}), the first in row {}",
                    shard.path.display(),
                    rows[0]
                );
            }
            writer.write(&table(&batch, schema.clone())?)?;
            count += batch.len();
        }
    }
    writer.into_inner()?.sync_all()?;
    Ok(count)
}

fn table(batch: &CaptionBatch, schema: Arc<Schema>) -> Result<RecordBatch> {
    let (mut images, mut captions) = (StringBuilder::new(), StringBuilder::new());
    for row in batch.iter() {
        images.append_option(row.image);
        captions.append_value(row.caption);
    }
    Ok(RecordBatch::try_new(schema, vec![Arc::new(images.finish()), Arc::new(captions.finish())])?)
}
