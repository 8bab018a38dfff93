//! Texts with `{{name}}` in them, taken apart.

use std::ops::RangeInclusive;

/// The names that every template knows.
pub(crate) const BUILT_IN: [&str; 7] = ["counter", "iteration", "now", "random", "random_hex", "user", "uuid"];

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It stays as it is.
    Constant(String),
    /// It is filled in each time.
    Variable(Variable),
}

/// What is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `{{user}}`: the rank of the user, or the number of the arrival, from 0.
    User,
    /// `{{iteration}}`: which walk of the user it is, from 0.
    Iteration,
    /// `{{counter}}`: a number that was given nowhere else in the run; another one each time it is written.
    Counter,
    /// `{{uuid}}`: a random UUID (version 4); another one each time it is written.
    Uuid,
    /// `{{random 1..100}}`: a whole number, drawn evenly.
    Random(RangeInclusive<i64>),
    /// `{{random_hex 8}}`: so many random hexadecimal digits.
    RandomHex(usize),
    /// `{{now}}`: milliseconds since 1970.
    Now,
    /// `{{id}}`: what an earlier step captured.
    Captured(String),
    /// `{{users.name}}`: a column of the row that the walk took.
    Column {
        /// The name of the set.
        set: String,
        /// The column.
        column: String,
    },
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

fn fault(message: impl Into<String>, hint: impl Into<String>) -> TemplateFault {
    TemplateFault { message: message.into(), hint: hint.into() }
}

/// Takes `text` apart. Names that are not built in are taken for captured ones; `{{'text'}}` is the text itself,
/// for those who want to send two braces.
///
/// # Errors
/// Braces without an end, a name that cannot be one, or a built-in with the wrong argument.
pub fn pieces(text: &str) -> Result<Vec<Piece>, TemplateFault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        constant(before, &mut pieces);
        let (quote, end) = if after.starts_with('\'') { (1, "'}}") } else { (0, "}}") };
        let Some((inner, next)) = after[quote..].split_once(end) else {
            return Err(fault("`{{` without `}}`", "close it: `{{name}}`; two braces themselves are `{{'{{'}}`"));
        };
        match quote {
            0 => pieces.push(Piece::Variable(variable(inner.trim())?)),
            _ => constant(inner, &mut pieces),
        }
        rest = next;
    }
    constant(rest, &mut pieces);
    Ok(pieces)
}

/// Adds `text` to the last constant, or begins one.
fn constant(text: &str, pieces: &mut Vec<Piece>) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Constant(last)) => last.push_str(text),
        _ => pieces.push(Piece::Constant(text.to_owned())),
    }
}

fn variable(inner: &str) -> Result<Variable, TemplateFault> {
    let (word, argument) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    if let Some((set, column)) = inner.split_once('.').filter(|_| word.contains('.')) {
        return column_of(set, column);
    }
    let plain = match word {
        "random" => return random(argument),
        "random_hex" => return random_hex(argument),
        "user" => Variable::User,
        "iteration" => Variable::Iteration,
        "counter" => Variable::Counter,
        "uuid" => Variable::Uuid,
        "now" => Variable::Now,
        name if is_name(name) => Variable::Captured(name.to_owned()),
        _ => return Err(fault(format!("`{{{{{inner}}}}}` names nothing"), "a name has letters, digits, `_` and `-`")),
    };
    if argument.is_empty() {
        return Ok(plain);
    }
    Err(fault(format!("`{word}` takes no `{}`", argument.trim()), format!("write `{{{{{word}}}}}`")))
}

fn column_of(set: &str, column: &str) -> Result<Variable, TemplateFault> {
    if !is_name(set) || column.is_empty() {
        return Err(fault(format!("`{set}.{column}` is no column"), "write the set and the column: `{{users.name}}`"));
    }
    Ok(Variable::Column { set: set.to_owned(), column: column.to_owned() })
}

fn random(argument: &str) -> Result<Variable, TemplateFault> {
    whole_range(argument)
        .map(Variable::Random)
        .ok_or_else(|| fault(format!("`{argument}` is not a range of whole numbers"), "write `{{random 1..100}}`"))
}

fn whole_range(text: &str) -> Option<RangeInclusive<i64>> {
    let (from, to) = text.split_once("..")?;
    let (from, to): (i64, i64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from <= to).then_some(from..=to)
}

fn random_hex(argument: &str) -> Result<Variable, TemplateFault> {
    const MOST_DIGITS: usize = 4096;
    if let Ok(digits @ 1..=MOST_DIGITS) = argument.trim().parse() {
        return Ok(Variable::RandomHex(digits));
    }
    let hint = format!("from 1 to {MOST_DIGITS}: `{{{{random_hex 8}}}}`");
    Err(fault(format!("`{argument}` is not a number of digits"), hint))
}

/// Can it name a captured value or a set of rows?
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(text: &str) -> Piece {
        Piece::Constant(text.to_owned())
    }

    #[track_caller]
    fn fault_of(text: &str) -> String {
        pieces(text).unwrap_err().message
    }

    #[test]
    fn a_text_is_constants_and_variables() {
        let captured = |name: &str| Piece::Variable(Variable::Captured(name.to_owned()));
        let column = Variable::Column { set: "users".to_owned(), column: "first name".to_owned() };
        assert_eq!(pieces("").unwrap(), []);
        assert_eq!(pieces("/items?page=1").unwrap(), [constant("/items?page=1")]);
        assert_eq!(
            pieces("/{{id}}/{{ other }}").unwrap(),
            [constant("/"), captured("id"), constant("/"), captured("other")]
        );
        assert_eq!(pieces("{{users.first name}}").unwrap(), [Piece::Variable(column)]);
        assert_eq!(pieces("{{random -5..5}}").unwrap(), [Piece::Variable(Variable::Random(-5..=5))]);
        assert_eq!(pieces("{{random_hex 8}}").unwrap(), [Piece::Variable(Variable::RandomHex(8))]);
    }

    #[test]
    fn braces_can_be_sent() {
        assert_eq!(pieces("a{{'{{'}}name}}b").unwrap(), [constant("a{{name}}b")]);
        assert_eq!(pieces(r#"{"a":{"b":1}}"#).unwrap(), [constant(r#"{"a":{"b":1}}"#)]);
    }

    #[test]
    fn every_built_in_is_one() {
        for name in BUILT_IN {
            let argument = match name {
                "random" => " 1..6",
                "random_hex" => " 8",
                _ => "",
            };
            let found = pieces(&format!("{{{{{name}{argument}}}}}")).unwrap();
            assert!(!matches!(found[0], Piece::Variable(Variable::Captured(_))), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        assert_eq!(fault_of("/{{id"), "`{{` without `}}`");
        assert_eq!(fault_of("/{{'id}}"), "`{{` without `}}`");
        assert_eq!(fault_of("{{}}"), "`{{}}` names nothing");
        assert_eq!(fault_of("{{1st}}"), "`{{1st}}` names nothing");
        assert_eq!(fault_of("{{random}}"), "`` is not a range of whole numbers");
        assert_eq!(fault_of("{{random 5..1}}"), "`5..1` is not a range of whole numbers");
        assert_eq!(fault_of("{{random_hex 0}}"), "`0` is not a number of digits");
        assert_eq!(fault_of("{{uuid 4}}"), "`uuid` takes no `4`");
        assert_eq!(fault_of("{{.name}}"), "`.name` is no column");
        assert_eq!(fault_of("{{users.}}"), "`users.` is no column");
    }
}
