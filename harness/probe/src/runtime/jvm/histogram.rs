//! A JVM's class histogram: how many objects of each class are reached, and their bytes.

use std::collections::BTreeMap;

use timeline::Grown;

/// As much is named of what has grown.
const NAMED: usize = 10;

/// Objects and their bytes, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram(BTreeMap<String, Held>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    objects: u64,
    bytes: u64,
}

impl Histogram {
    /// From what `GC.class_histogram` prints; `None` where no line of it is of a class.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut histogram = Self::default();
        for (class, held) in text.lines().filter_map(row) {
            // Classes of one name from several loaders count together.
            let all = histogram.0.entry(class).or_default();
            all.objects += held.objects;
            all.bytes += held.bytes;
        }
        (!histogram.0.is_empty()).then_some(histogram)
    }

    /// The classes that hold more than they did `before`, the largest growth first; an array of a class's is that
    /// class's.
    pub(super) fn grown_since(&self, before: &Self) -> Vec<Grown> {
        let grown = self.0.iter().filter_map(|(class, held)| {
            let old = before.0.get(class).copied().unwrap_or_default();
            let bytes = held.bytes.saturating_sub(old.bytes);
            let objects = Some(held.objects.saturating_sub(old.objects));
            (bytes > 0).then(|| Grown { name: class.clone(), bytes, objects, held: held.bytes })
        });
        let mut grown: Vec<Grown> = grown.collect();
        grown.sort_by_key(|grown| std::cmp::Reverse(grown.bytes));
        grown.truncate(NAMED);
        grown
    }
}

/// `   1:          2150         190776  [B (java.base@17.0.15)`
fn row(line: &str) -> Option<(String, Held)> {
    let mut fields = line.split_ascii_whitespace();
    fields.next()?.strip_suffix(':')?.parse::<u64>().ok()?;
    let held = Held { objects: fields.next()?.parse().ok()?, bytes: fields.next()?.parse().ok()? };
    Some((class(fields.next()?), held))
}

/// A class's name as people write it: `[Ljava.lang.String;` is `java.lang.String[]`.
fn class(name: &str) -> String {
    let plain = name.trim_start_matches('[');
    let arrays = "[]".repeat(name.len() - plain.len());
    if arrays.is_empty() {
        return plain.to_owned();
    }
    let element = match plain {
        "B" => "byte",
        "C" => "char",
        "D" => "double",
        "F" => "float",
        "I" => "int",
        "J" => "long",
        "S" => "short",
        "Z" => "boolean",
        class => class.strip_prefix('L').and_then(|class| class.strip_suffix(';')).unwrap_or(class),
    };
    format!("{element}{arrays}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = " num     #instances         #bytes  class name (module)
-------------------------------------------------------
   1:          2150         190776  [B (java.base@17.0.15)
   2:           824         102152  java.lang.Class (java.base@17.0.15)
   3:            10            160  Service$Session
   4:             2             80  [[Ljava.lang.Object; (java.base@17.0.15)
Total          2986         293168
";

    #[test]
    fn classes_that_grew_are_named_the_largest_growth_first() {
        let after = BEFORE
            .replace("10            160  Service$Session", "20010         320160  Service$Session")
            .replace("2150         190776", "22150       21270776")
            .replace("824         102152", "800          99000");
        let grown = Histogram::parse(&after).unwrap().grown_since(&Histogram::parse(BEFORE).unwrap());
        assert_eq!(
            grown,
            [
                Grown { name: "byte[]".to_owned(), bytes: 21_080_000, objects: Some(20_000), held: 21_270_776 },
                Grown { name: "Service$Session".to_owned(), bytes: 320_000, objects: Some(20_000), held: 320_160 },
            ]
        );
    }

    #[test]
    fn names_are_written_as_people_write_them() {
        let names = ["[B", "[[Ljava.lang.Object;", "java.lang.String", "[Ljava.util.HashMap$Node;"].map(class);
        assert_eq!(names, ["byte[]", "java.lang.Object[][]", "java.lang.String", "java.util.HashMap$Node[]"]);
    }

    #[test]
    fn another_answer_is_no_histogram() {
        assert_eq!(Histogram::parse("java.lang.IllegalArgumentException: Unknown diagnostic command"), None);
        assert_eq!(Histogram::parse(""), None);
    }
}
