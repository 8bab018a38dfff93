//! From the plan's texts to templates: names are looked up here, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scenario::{Journey, Piece, Variable, pieces};

use super::encode::Encoding;
use super::template::Part;
use super::{ScriptError, Supplies, Template};

/// The files that bodies are made of; each is read once, however many steps send it.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<PathBuf, Arc<[u8]>>);

impl Files {
    fn read(&mut self, path: &Path) -> Result<Arc<[u8]>, ScriptError> {
        if let Some(content) = self.0.get(path) {
            return Ok(Arc::clone(content));
        }
        let unreadable = |source| ScriptError::Unreadable { path: path.to_owned(), source };
        let content: Arc<[u8]> = std::fs::read(path).map_err(unreadable)?.into();
        self.0.insert(path.to_owned(), Arc::clone(&content));
        Ok(content)
    }
}

/// What a walk of a journey needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cast {
    /// So many values are captured.
    pub(super) captured: usize,
    /// The sets of which it takes a row.
    pub(super) feeds: BTreeSet<usize>,
}

/// Compiles the requests of one journey.
#[derive(Debug)]
pub struct Compiler<'a> {
    pub(super) supplies: &'a Supplies,
    files: &'a mut Files,
    captured: Vec<&'a str>,
    feeds: BTreeSet<usize>,
}

impl<'a> Compiler<'a> {
    /// One for `journey`, which knows all that its steps capture.
    pub fn new(journey: &'a Journey, supplies: &'a Supplies, files: &'a mut Files) -> Self {
        let names = journey.requests().flat_map(|request| &request.captures).map(|capture| capture.name.as_str());
        let captured: BTreeSet<&str> = names.collect();
        Self { supplies, files, captured: captured.into_iter().collect(), feeds: BTreeSet::new() }
    }

    /// What a walk needs, when all requests are compiled.
    pub fn finish(self) -> Cast {
        Cast { captured: self.captured.len(), feeds: self.feeds }
    }

    /// A text that is sent as it is.
    ///
    /// # Errors
    /// Where it names what is not known.
    pub fn plain(&mut self, text: &str) -> Result<Template, ScriptError> {
        self.template(text, Encoding::Plain)
    }

    /// A path.
    ///
    /// # Errors
    /// Where it names what is not known.
    pub fn path(&mut self, text: &str) -> Result<Template, ScriptError> {
        self.template(text, Encoding::Path)
    }

    /// The number of a captured value.
    pub(super) fn slot(&self, name: &str) -> Result<usize, ScriptError> {
        let unknown = || ScriptError::Unknown { name: name.to_owned() };
        self.captured.iter().position(|is| *is == name).ok_or_else(unknown)
    }

    /// A template of one text.
    pub(super) fn template(&mut self, text: &str, encoding: Encoding) -> Result<Template, ScriptError> {
        let mut composer = self.composer();
        composer.text(text, encoding)?;
        Ok(composer.finish())
    }

    pub(super) fn composer(&mut self) -> Composer<'_, 'a> {
        Composer { compiler: self, parts: Vec::new(), constant: Vec::new() }
    }

    fn part(&mut self, variable: Variable, encoding: Encoding) -> Result<Part, ScriptError> {
        Ok(match variable {
            Variable::User => Part::User,
            Variable::Iteration => Part::Iteration,
            Variable::Counter => Part::Counter,
            Variable::Uuid => Part::Uuid,
            Variable::Random(range) => Part::Random(range),
            Variable::RandomHex(digits) => Part::RandomHex(digits),
            Variable::Now => Part::Now,
            Variable::Captured(name) => Part::Captured(self.slot(&name)?, encoding),
            Variable::Column { set, column } => self.cell(set, column, encoding)?,
        })
    }

    fn cell(&mut self, set: String, column: String, encoding: Encoding) -> Result<Part, ScriptError> {
        let Some((number, feed)) = self.supplies.find(&set) else { return Err(ScriptError::Unknown { name: set }) };
        let known = feed.columns();
        let Some(at) = known.iter().position(|is| *is == column) else {
            let known = known.iter().map(|name| format!("`{name}`")).collect();
            return Err(ScriptError::NoColumn { set, column, known });
        };
        self.feeds.insert(number);
        Ok(Part::Cell { feed: number, column: at, encoding })
    }
}

/// Puts a template together from several texts.
pub(super) struct Composer<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    parts: Vec<Part>,
    /// What is constant since the last part.
    constant: Vec<u8>,
}

impl Composer<'_, '_> {
    /// Adds what stays as it is.
    pub(super) fn constant(&mut self, text: &str) {
        self.constant.extend_from_slice(text.as_bytes());
    }

    /// Adds what a file holds.
    pub(super) fn file(&mut self, path: &Path) -> Result<(), ScriptError> {
        let content = self.compiler.files.read(path)?;
        self.close();
        self.parts.push(Part::Constant(content));
        Ok(())
    }

    /// Adds a text of the scenario.
    pub(super) fn text(&mut self, text: &str, encoding: Encoding) -> Result<(), ScriptError> {
        let fault =
            |fault: scenario::TemplateFault| ScriptError::Template { text: text.to_owned(), reason: fault.message };
        for piece in pieces(text).map_err(fault)? {
            match piece {
                Piece::Constant(text) => encoding.constant(&text, &mut self.constant),
                Piece::Variable(variable) => {
                    self.close();
                    let part = self.compiler.part(variable, encoding)?;
                    self.parts.push(part);
                }
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        if !self.constant.is_empty() {
            self.parts.push(Part::Constant(std::mem::take(&mut self.constant).into()));
        }
    }

    pub(super) fn finish(mut self) -> Template {
        self.close();
        Template::new(self.parts)
    }
}
