use std::fmt::Display;

use candle_core::{Device, Shape, Tensor};

use super::{Init, Parameters, ParametersError};

/// A path into [`Parameters`], under which a layer finds or creates its own.
#[derive(Clone, Debug)]
pub struct Scope {
    parameters: Parameters,
    path: String,
    alias: Option<String>,
}

impl Scope {
    pub(super) fn root(parameters: Parameters) -> Self {
        Self { parameters, path: String::new(), alias: None }
    }

    /// The scope of this name within this one: "push path".
    pub fn pp(&self, name: impl Display) -> Self {
        Self {
            parameters: self.parameters.clone(),
            path: join(&self.path, &name),
            alias: self.alias.as_ref().map(|alias| join(alias, &name)),
        }
    }

    /// The scope of this name within this one, which is only a second name of `canonical`:
    /// whatever a layer asks of it is there.
    pub fn shared(&self, name: impl Display, canonical: &Scope) -> Self {
        Self { alias: Some(join(&self.path, &name)), ..canonical.clone() }
    }

    /// The path, which begins the canonical names of what is in it; empty at the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The parameters that this is a path into.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        self.parameters.device()
    }

    /// The parameter `name` of this scope. It is created if it does not exist.
    ///
    /// # Errors
    /// If it exists with another shape.
    pub fn get(&self, shape: impl Into<Shape>, name: &str, init: Init) -> Result<Tensor, ParametersError> {
        let alias = self.alias.as_ref().map(|alias| join(alias, &name));
        self.parameters.find_or_create(&join(&self.path, &name), alias.as_deref(), shape.into(), init)
    }
}

fn join(path: &str, name: &dyn Display) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}
