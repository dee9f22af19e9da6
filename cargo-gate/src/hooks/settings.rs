//! What the config says about hooks.

use super::HookName;
use crate::commit_message::MessageRules;

/// What the config says about hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// Those that a clone is to have.
    pub hooks: Vec<HookName>,
    /// What `commit-msg` asks of a message.
    pub message: MessageRules,
    /// Whether `pre-commit` formats what is staged before it judges it.
    pub fix: bool,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self { hooks: HookName::USUAL.to_vec(), message: MessageRules::default(), fix: false }
    }
}
