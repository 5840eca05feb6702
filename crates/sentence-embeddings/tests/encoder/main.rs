//! The encoder against its reference, and against broken folders.

mod folders;
mod independence;
mod reference;
mod similar;
mod tiny;
