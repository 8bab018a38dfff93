//! A request, compiled.

use scenario::Request;

use super::encode::Encoding;
use super::{Body, Compiler, ScriptError, Template};

/// What a step sends. How it goes over the wire is the client's concern.
#[derive(Clone, Debug)]
pub struct Message {
    /// Path and query.
    pub path: Template,
    /// Headers in order; none of them is of the content's length, and that of its type is not there where
    /// [`Body::content_type`] has one.
    pub headers: Vec<(String, Template)>,
    /// The body.
    pub body: Option<Body>,
}

impl Message {
    /// That of `request`.
    ///
    /// # Errors
    /// A file that cannot be read, or a column that is not there.
    pub fn new(request: &Request, compiler: &mut Compiler<'_>) -> Result<Self, ScriptError> {
        let mut headers = Vec::new();
        for (name, value) in &request.headers {
            headers.push((name.clone(), compiler.template(value, Encoding::Header)?));
        }
        let body = request.body.as_ref().map(|body| Body::new(body, compiler)).transpose()?;
        Ok(Self { path: compiler.template(&request.path, Encoding::Path)?, headers, body })
    }

    /// Is it the same each time, so that it can be put together once?
    pub fn is_constant(&self) -> bool {
        self.path.constant().is_some()
            && self.headers.iter().all(|(_, value)| value.constant().is_some())
            && self.body.as_ref().is_none_or(|body| body.constant().is_some())
    }
}
