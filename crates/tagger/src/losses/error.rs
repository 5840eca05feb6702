use thiserror::Error;

/// Why a loss cannot be computed.
#[derive(Debug, Error)]
pub enum LossError {
    /// Logits and targets do not go together.
    #[error("the logits {logits:?} need targets for each, not {targets:?}")]
    Shape {
        /// The logits' shape.
        logits: Vec<usize>,
        /// The targets' shape.
        targets: Vec<usize>,
    },
    /// A target is no token.
    #[error(
        "the target {target} is no token id below {vocabulary}; {} marks what is ignored",
        super::IGNORED
    )]
    Target {
        /// The target.
        target: i64,
        /// How many tokens there are.
        vocabulary: usize,
    },
    /// Every target is ignored.
    #[error("no token of this batch is to be learned; captions need more than the hidden prompt")]
    NoTargets,
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
