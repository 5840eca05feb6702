//! The momentum copies' parameters follow those that are trained.

use candle_core::{Result, Var};

use super::towers::MODULES;
use crate::nn::{ParametersError, Scope};

/// Each momentum parameter and the one that it follows.
#[derive(Debug)]
pub(super) struct Followers(Vec<Follower>);

#[derive(Debug)]
struct Follower {
    name: String,
    follower: Var,
    leader: Var,
}

impl Followers {
    /// Of all modules in this scope, which exist.
    pub(super) fn new(scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let parameters = scope.parameters();
        let mut followers = Vec::new();
        for (name, follower) in parameters.variables() {
            let Some(leader) = leader_of(&name, scope) else { continue };
            let leader = parameters.get(&leader).ok_or(ParametersError::Unknown { name: leader })?;
            followers.push(Follower { name, follower, leader });
        }
        Ok(Self(followers))
    }

    /// Moves each towards the one that it follows; `momentum` is what stays.
    pub(super) fn follow(&self, momentum: f64) -> Result<()> {
        for Follower { follower, leader, .. } in &self.0 {
            let (old, new) = (follower.as_detached_tensor(), leader.as_detached_tensor());
            follower.set(&((old * momentum)? + (new * (1.0 - momentum))?)?)?;
        }
        Ok(())
    }

    /// Sets those that `chosen` names to what they follow.
    pub(super) fn start(&self, chosen: impl Fn(&str) -> bool) -> Result<()> {
        for Follower { follower, leader, .. } in self.0.iter().filter(|pair| chosen(&pair.name)) {
            follower.set(leader.as_tensor())?;
        }
        Ok(())
    }
}

/// `visual_encoder_m.norm.bias` → `visual_encoder.norm.bias`.
fn leader_of(name: &str, scope: &Scope) -> Option<String> {
    let (prefix, own) = match scope.path() {
        "" => (String::new(), name),
        path => (format!("{path}."), name.strip_prefix(path)?.strip_prefix('.')?),
    };
    MODULES.iter().find_map(|module| {
        let rest = own.strip_prefix(module)?.strip_prefix("_m.")?;
        Some(format!("{prefix}{module}.{rest}"))
    })
}
