//! Looks a pickle over before candle reads it.
//!
//! candle's reader executes nothing, but it copies objects when a pickle refers to them again and
//! drops nested ones by recursion: a small file could take all memory or the whole stack. So the
//! opcodes are followed here first, with the sizes of objects in place of the objects. And whatever
//! calls for code is refused, since a file that does is no file to use anywhere.

use std::collections::HashMap;

/// What a pickle must not be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It calls this.
    Hostile(String),
    /// It is damaged, or nothing that `torch.save` writes.
    Malformed(String),
}

/// torch's own nest to about 10, a configuration or an optimiser beside the weights a bit more.
const MOST_NESTED: u32 = 100;
/// Objects, copies included. A checkpoint with its optimiser has some hundred thousand.
const MOST_OBJECTS: u64 = 4_000_000;

/// Modules that have no business among weights. Nothing of any module is called here; these are
/// what attacks on other programs use.
const HOSTILE_MODULES: &[&str] = &[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "pty",
    "shutil",
    "socket",
    "runpy",
    "importlib",
    "imp",
    "ctypes",
    "code",
    "codeop",
    "commands",
    "webbrowser",
    "pickle",
    "_pickle",
    "marshal",
    "types",
    "operator",
    "_operator",
    "functools",
    "asyncio",
    "multiprocessing",
    "threading",
    "signal",
    "platform",
    "pip",
    "urllib",
    "http",
    "requests",
    "pydoc",
    "timeit",
    "pdb",
    "bdb",
    "cProfile",
    "profile",
    "ssl",
    "ftplib",
    "smtplib",
    "zipimport",
];
/// Of the built-in names, those that are plain types.
const HARMLESS_BUILTINS: &[&str] = &[
    "set",
    "frozenset",
    "bytearray",
    "bytes",
    "complex",
    "slice",
    "range",
    "xrange",
    "object",
    "int",
    "long",
    "float",
    "bool",
    "str",
    "unicode",
    "dict",
    "list",
    "tuple",
];

/// How large an object is, in place of the object.
#[derive(Clone, Copy)]
enum Item {
    Mark,
    Object { objects: u64, nested: u32 },
}

const LEAF: Item = Item::Object { objects: 1, nested: 1 };

/// Follows a pickle to its end.
pub(super) fn check(pickle: &[u8]) -> Result<(), Problem> {
    let mut scan =
        Scan { rest: pickle, length: pickle.len(), stack: Vec::new(), memo: HashMap::new(), copied: 0 };
    while !scan.step()? {}
    Ok(())
}

struct Scan<'a> {
    rest: &'a [u8],
    length: usize,
    stack: Vec<Item>,
    memo: HashMap<u32, Item>,
    copied: u64,
}

impl Scan<'_> {
    /// One opcode; whether it was the last.
    fn step(&mut self) -> Result<bool, Problem> {
        let place = self.length - self.rest.len();
        let opcode = self.byte()?;
        match opcode {
            b'.' => return Ok(true),
            0x80 => _ = self.byte()?,
            b'c' => self.class()?,
            b'K' => self.leaf(1)?,
            b'M' => self.leaf(2)?,
            b'J' => self.leaf(4)?,
            b'G' => self.leaf(8)?,
            0x8a => self.long()?,
            b'X' => self.text()?,
            0x88 | 0x89 | b'N' | b'}' | b']' | b')' => self.stack.push(LEAF),
            b'(' => self.stack.push(Item::Mark),
            b'Q' | 0x85 => self.join(1)?,
            0x86 | b'R' | b'b' | 0x81 => self.join(2)?,
            0x87 => self.join(3)?,
            b't' => self.join_to_mark()?,
            b'a' => self.absorb(1)?,
            b's' => self.absorb(2)?,
            b'e' | b'u' => self.absorb_to_mark()?,
            b'q' => {
                let id = u32::from(self.byte()?);
                self.remember(id)?;
            }
            b'r' => {
                let id = self.number()?;
                self.remember(id)?;
            }
            b'h' => {
                let id = u32::from(self.byte()?);
                self.recall(id)?;
            }
            b'j' => {
                let id = self.number()?;
                self.recall(id)?;
            }
            _ => {
                return Err(malformed(format!(
                    "its pickle has the opcode {opcode:#04x} at byte {place}, which torch.save does not write by itself"
                )));
            }
        }
        Ok(false)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Problem> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| malformed("its pickle is cut off".to_owned()))?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u32, Problem> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    fn leaf(&mut self, bytes: usize) -> Result<(), Problem> {
        self.take(bytes)?;
        self.stack.push(LEAF);
        Ok(())
    }

    fn long(&mut self) -> Result<(), Problem> {
        match self.byte()? {
            bytes @ 0..=8 => self.leaf(bytes.into()),
            bytes => Err(malformed(format!("its pickle has a number of {bytes} bytes"))),
        }
    }

    fn text(&mut self) -> Result<(), Problem> {
        let length = self.number()? as usize;
        self.take(length)?;
        self.push(1 + length as u64 / 32, 1)
    }

    fn class(&mut self) -> Result<(), Problem> {
        let (module, name) = (self.line()?, self.line()?);
        let root = module.split('.').next().unwrap_or_default();
        let builtin = matches!(root, "builtins" | "__builtin__");
        if HOSTILE_MODULES.contains(&root) || (builtin && !HARMLESS_BUILTINS.contains(&name.as_str())) {
            return Err(Problem::Hostile(format!("{module}.{name}")));
        }
        self.stack.push(LEAF);
        Ok(())
    }

    fn line(&mut self) -> Result<String, Problem> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| malformed("its pickle is cut off".to_owned()))?;
        let line = self.take(end + 1)?;
        Ok(String::from_utf8_lossy(line).trim_end().to_owned())
    }

    fn push(&mut self, objects: u64, nested: u32) -> Result<(), Problem> {
        if nested > MOST_NESTED {
            return Err(malformed(format!("its pickle is nested more than {MOST_NESTED} deep")));
        }
        if objects > MOST_OBJECTS {
            return Err(too_many());
        }
        self.stack.push(Item::Object { objects, nested });
        Ok(())
    }

    fn pop(&mut self) -> Result<(u64, u32), Problem> {
        match self.stack.pop() {
            Some(Item::Object { objects, nested }) => Ok((objects, nested)),
            Some(Item::Mark) | None => Err(malformed("its pickle takes an object where none is".to_owned())),
        }
    }

    /// The last objects, down to the mark, become one.
    fn pop_to_mark(&mut self) -> Result<(u64, u32), Problem> {
        let mut sum = (0, 0);
        loop {
            match self.stack.pop() {
                Some(Item::Mark) => return Ok(sum),
                Some(Item::Object { objects, nested }) => sum = together(sum, (objects, nested)),
                None => return Err(malformed("its pickle misses a mark".to_owned())),
            }
        }
    }

    fn pop_many(&mut self, count: usize) -> Result<(u64, u32), Problem> {
        (0..count).try_fold((0, 0), |sum, _| Ok(together(sum, self.pop()?)))
    }

    fn join(&mut self, count: usize) -> Result<(), Problem> {
        let (objects, nested) = self.pop_many(count)?;
        self.push(objects + 1, nested + 1)
    }

    fn join_to_mark(&mut self) -> Result<(), Problem> {
        let (objects, nested) = self.pop_to_mark()?;
        self.push(objects + 1, nested + 1)
    }

    fn absorb(&mut self, count: usize) -> Result<(), Problem> {
        let added = self.pop_many(count)?;
        self.add_to_last(added)
    }

    fn absorb_to_mark(&mut self) -> Result<(), Problem> {
        let added = self.pop_to_mark()?;
        self.add_to_last(added)
    }

    fn add_to_last(&mut self, (objects, nested): (u64, u32)) -> Result<(), Problem> {
        let last = self.pop()?;
        let (objects, nested) = together(last, (objects, nested + 1));
        self.push(objects, nested)
    }

    /// candle keeps a copy.
    fn remember(&mut self, id: u32) -> Result<(), Problem> {
        let (objects, nested) = self.pop()?;
        self.copy(objects)?;
        self.stack.push(Item::Object { objects, nested });
        self.memo.insert(id, Item::Object { objects, nested });
        Ok(())
    }

    fn recall(&mut self, id: u32) -> Result<(), Problem> {
        match self.memo.get(&id) {
            Some(&Item::Object { objects, nested }) => {
                self.copy(objects)?;
                self.push(objects, nested)
            }
            _ => Err(malformed(format!("its pickle refers to the object {id}, which is not there"))),
        }
    }

    fn copy(&mut self, objects: u64) -> Result<(), Problem> {
        self.copied = self.copied.saturating_add(objects);
        if self.copied > MOST_OBJECTS { Err(too_many()) } else { Ok(()) }
    }
}

fn together(a: (u64, u32), b: (u64, u32)) -> (u64, u32) {
    (a.0.saturating_add(b.0), a.1.max(b.1))
}

fn malformed(reason: String) -> Problem {
    Problem::Malformed(reason)
}

fn too_many() -> Problem {
    malformed(format!("its pickle makes more than {MOST_OBJECTS} objects"))
}
