//! Plain goose: 64 users without think time, with its own client and its own metrics.
//!
//! On a core of its own it takes half as much on one thread as on a pool of one and the main thread, so it has that.

use std::io;

use goose::config::GooseConfiguration;
use goose::prelude::*;
use tokio::runtime::Builder;

use crate::CONNECTIONS;
use crate::told_to_end;

/// The part: drives `address` until its input ends.
pub(crate) fn attack(address: &str) -> io::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        tokio::select! {
            result = execute(address) => result.map_err(io::Error::other),
            () = told_to_end() => Ok(()),
        }
    })
}

async fn execute(address: &str) -> Result<(), Box<GooseError>> {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(format!("http://{address}"));
    configuration.users = Some(CONNECTIONS);
    configuration.increase_rate = Some("1000000".to_owned());
    configuration.run_time = Some("1m".to_owned());
    configuration.no_telnet = true;
    configuration.quiet = 1;
    let get = Scenario::new("get").register_transaction(transaction!(get));
    let attack = GooseAttack::initialize_with_config(configuration)?.register_scenario(get);
    Box::pin(attack.execute()).await?;
    Ok(())
}

async fn get(user: &mut GooseUser) -> TransactionResult {
    let _goose = user.get("/").await?;
    Ok(())
}
