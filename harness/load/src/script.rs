//! What a journey says and hears, compiled: templates, bodies, rows of data, captures and expectations.
//!
//! A [`Compiler`] turns a request of the plan into a [`Message`] and a [`Reading`], in which names have become small
//! numbers and expressions are compiled. Each walk of a journey has a [`Scope`]: its values. A message is rendered
//! from the scope into a buffer; an answer is read into the scope. What all walks share is in [`Supplies`].

mod answer;
mod body;
mod capture;
mod check;
mod compiler;
mod encode;
mod error;
mod feed;
mod json;
mod message;
mod reading;
mod scope;
mod supplies;
mod template;
#[cfg(test)]
mod tests;
mod unmet;

pub use answer::Answer;
pub use body::Body;
pub use compiler::{Cast, Compiler, Files};
pub use error::ScriptError;
pub use feed::Feed;
pub use message::Message;
pub use reading::Reading;
pub use scope::{OutOfData, Scope};
pub use supplies::Supplies;
pub use template::Template;
pub use unmet::{Unmet, example};
