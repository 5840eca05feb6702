//! Flags that the files at hand have no use for.

use anyhow::{Result, bail};
use caption_corpus::{Format, Role, Shard};

use crate::args::MineArgs;
use crate::crash::tell;

/// Tells that a named column has no meaning for plain text.
///
/// # Errors
/// If all files are plain text: whoever names a column takes them for something else.
pub fn check_columns(args: &MineArgs, shards: &[Shard]) -> Result<()> {
    let named = [(Role::Caption, &args.caption_column), (Role::Image, &args.image_column)];
    let flags: Vec<&str> =
        named.iter().filter(|(_, name)| name.is_some()).map(|(role, _)| role.flag()).collect();
    let texts: Vec<&Shard> = shards.iter().filter(|shard| shard.format == Format::Text).collect();
    let [first, others @ ..] = texts.as_slice() else { return Ok(()) };
    if flags.is_empty() {
        return Ok(());
    }
    let flags = flags.join(" and ");
    let first = first.path.display();
    if texts.len() == shards.len() {
        bail!(
            "{flags}: plain text has no columns, every line of {first} is a caption; leave the flag out, or name the file .csv or .tsv if it is a table"
        );
    }
    if !args.work.quiet {
        let others =
            if others.is_empty() { String::new() } else { format!(" (and of {} more)", others.len()) };
        tell(format_args!(
            "mine-tags: {flags} does not apply to plain text: every line of {first}{others} is a caption"
        ));
    }
    Ok(())
}
