//! `${VAR}` and `${VAR:-default}`, filled in when the file is loaded.

use crate::problem::{Place, Problem};
use crate::tree::{Content, Node, Scalar};

/// Looks a variable up.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Fills in every variable of the tree; those that are not set become problems.
pub(crate) fn fill_in(node: &mut Node, lookup: Lookup<'_>, problems: &mut Vec<Problem>) {
    let place = node.place;
    match &mut node.content {
        Content::Scalar(text, scalar) if text.contains("${") => {
            *text = fill_in_text(text, place, lookup, problems);
            *scalar = Scalar::Text;
        }
        Content::Scalar(..) => {}
        Content::Sequence(items) => items.iter_mut().for_each(|item| fill_in(item, lookup, problems)),
        Content::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| fill_in(value, lookup, problems)),
    }
}

fn fill_in_text(text: &str, place: Place, lookup: Lookup<'_>, problems: &mut Vec<Problem>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        filled.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            let hint = Some("close it: `${NAME}` or `${NAME:-default}`".to_owned());
            problems.push(Problem { place, text: text.to_owned(), message: "`${` without `}`".to_owned(), hint });
            return text.to_owned();
        };
        let whole = &rest[start..=start + length];
        filled.push_str(&value_of(whole, place, lookup, problems));
        rest = &rest[start + length + 1..];
    }
    filled + rest
}

/// The value of `${NAME}` or `${NAME:-default}`; an unset one stays as it is, and is a problem.
fn value_of(whole: &str, place: Place, lookup: Lookup<'_>, problems: &mut Vec<Problem>) -> String {
    let inner = &whole[2..whole.len() - 1];
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if let Some(value) = lookup(name).filter(|value| !value.is_empty() || default.is_none()) {
        return value;
    }
    if let Some(default) = default {
        return default.to_owned();
    }
    problems.push(Problem {
        place,
        text: whole.to_owned(),
        message: format!("the variable `{name}` is not set"),
        hint: Some(format!("set it, or give it a default: `${{{name}:-value}}`")),
    });
    whole.to_owned()
}
