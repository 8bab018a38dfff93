//! How often the growth detector is right, beside what others do, on made-up traces whose truth is known.
//!
//! `ci/bench-verdict` runs it; the tables are Markdown. README.md says how they are to be read.
#![expect(clippy::print_stdout, reason = "the tables are what this programme is for")]

mod accuracy;
mod alarms;
mod comparators;
mod comparison;
mod cost;
mod options;
mod power;
mod sampling;
mod statistics;
mod table;
mod trial;

use options::Options;

fn main() -> Result<(), String> {
    let options = Options::parse(std::env::args().skip(1))?;
    println!("{}", alarms::healthy(&options));
    println!("{}", alarms::undecidable(&options));
    let leaks = power::leaks(&options);
    println!("{}", power::table(&options, &leaks));
    if options.quick {
        return Ok(());
    }
    println!("{}", accuracy::table(&leaks));
    println!("{}", sampling::table(&options));
    println!("{}", cost::table());
    println!("{}", cost::looks());
    if !options.only_detector {
        println!("{}", comparison::table(&options));
    }
    Ok(())
}
