//! Bodies of requests.

use std::path::Path;

use scenario::{Part, PartContent};
use serde_json::Value;

use super::compiler::Composer;
use super::encode::Encoding;
use super::{Compiler, Scope, ScriptError, Template};

/// A body, ready to be filled in.
#[derive(Clone, Debug)]
pub struct Body {
    template: Template,
    content_type: Option<String>,
}

impl Body {
    pub(super) fn new(plan: &scenario::Body, compiler: &mut Compiler<'_>) -> Result<Self, ScriptError> {
        let boundary = compiler.supplies.boundary();
        let mut content_type = None;
        let mut composer = compiler.composer();
        match plan {
            scenario::Body::Text(text) => composer.text(text, Encoding::Plain)?,
            scenario::Body::Json { json: document } => json(document, &mut composer)?,
            scenario::Body::File { file } => composer.file(file)?,
            scenario::Body::Form { form: fields } => form(fields, &mut composer)?,
            scenario::Body::Multipart { multipart: parts } => {
                multipart(parts, &boundary, &mut composer)?;
                content_type = Some(format!("multipart/form-data; boundary={boundary}"));
            }
        }
        Ok(Self { template: composer.finish(), content_type })
    }

    /// The content type that only the body knows: that of the parts of a form. All others are headers of the plan.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The body, where it is the same each time.
    pub fn constant(&self) -> Option<&[u8]> {
        self.template.constant()
    }

    /// The body: what is constant as it is, all else rendered into `buffer`, which is emptied before.
    pub fn bytes<'b>(&'b self, scope: &mut Scope, buffer: &'b mut Vec<u8>) -> &'b [u8] {
        if let Some(constant) = self.constant() {
            return constant;
        }
        buffer.clear();
        self.template.render(scope, buffer);
        buffer
    }
}

/// The document as it stands, with its texts as templates.
fn json(document: &Value, composer: &mut Composer<'_, '_>) -> Result<(), ScriptError> {
    match document {
        Value::String(text) => quoted(text, composer),
        Value::Array(items) => {
            let mut before = "[";
            for item in items {
                composer.constant(before);
                json(item, composer)?;
                before = ",";
            }
            composer.constant(if items.is_empty() { "[]" } else { "]" });
            Ok(())
        }
        Value::Object(entries) => {
            let mut before = "{";
            for (key, value) in entries {
                composer.constant(before);
                composer.constant(&Value::from(key.as_str()).to_string());
                composer.constant(":");
                json(value, composer)?;
                before = ",";
            }
            composer.constant(if entries.is_empty() { "{}" } else { "}" });
            Ok(())
        }
        plain => {
            composer.constant(&plain.to_string());
            Ok(())
        }
    }
}

fn quoted(text: &str, composer: &mut Composer<'_, '_>) -> Result<(), ScriptError> {
    composer.constant("\"");
    composer.text(text, Encoding::Json)?;
    composer.constant("\"");
    Ok(())
}

fn form(fields: &[(String, String)], composer: &mut Composer<'_, '_>) -> Result<(), ScriptError> {
    let mut before = "";
    for (name, text) in fields {
        composer.constant(before);
        let mut encoded = Vec::new();
        Encoding::Form.constant(name, &mut encoded);
        composer.constant(&String::from_utf8_lossy(&encoded));
        composer.constant("=");
        composer.text(text, Encoding::Form)?;
        before = "&";
    }
    Ok(())
}

/// The parts of a form (RFC 7578).
fn multipart(parts: &[Part], boundary: &str, composer: &mut Composer<'_, '_>) -> Result<(), ScriptError> {
    for part in parts {
        composer.constant(&format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"", part.name));
        match &part.content {
            PartContent::Text(text) => {
                composer.constant("\r\n\r\n");
                composer.text(text, Encoding::Plain)?;
            }
            PartContent::File { path, media_type } => {
                let head = format!("; filename=\"{}\"\r\ncontent-type: {media_type}\r\n\r\n", file_name(path));
                composer.constant(&head);
                composer.file(path)?;
            }
        }
        composer.constant("\r\n");
    }
    composer.constant(&format!("--{boundary}--\r\n"));
    Ok(())
}

/// The last part of a path, with what would end it in a header percent-encoded, as browsers do.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
