//! Which user walks which journey.
//!
//! Goose deals its users out by weight too, but in an order in which a few users can all be of one
//! journey: weights 97 and 3 give its first twenty users seventeen to three. The seats are laid out
//! here instead, smoothly, so that the first n users are in proportion for every n, and goose is
//! told how many users each journey has.

/// The journey of each user by rank: smooth weighted round-robin, as nginx deals out requests.
pub(crate) fn lay_out(weights: &[u32], users: u64) -> Vec<usize> {
    let total: i64 = weights.iter().map(|weight| i64::from(*weight)).sum();
    let mut credit = vec![0_i64; weights.len()];
    let deal = |_| {
        for (credit, weight) in credit.iter_mut().zip(weights) {
            *credit += i64::from(*weight);
        }
        let richest = first_richest(&credit);
        credit[richest] -= total;
        richest
    };
    (0..users).map(deal).collect()
}

/// `max_by_key` takes the last of equals; the first journey of the scenario is to come first.
fn first_richest(credit: &[i64]) -> usize {
    (0..credit.len()).rev().max_by_key(|index| credit[*index]).unwrap_or_default()
}

/// The ranks of the users of `journey`, in order.
pub(crate) fn ranks(seats: &[usize], journey: usize) -> Vec<u64> {
    (0_u64..).zip(seats).filter(|(_, seat)| **seat == journey).map(|(rank, _)| rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_first_few_users_are_in_proportion() {
        for (weights, users) in [(vec![3, 1], 40_u64), (vec![97, 3], 200), (vec![1, 1, 1], 10), (vec![5, 0, 2], 30)] {
            let total: u32 = weights.iter().sum();
            let seats = lay_out(&weights, users);
            for n in 1..=seats.len() {
                for (journey, weight) in weights.iter().enumerate() {
                    let got = seats[..n].iter().filter(|seat| **seat == journey).count() as f64;
                    let due = n as f64 * f64::from(*weight) / f64::from(total);
                    assert!((got - due).abs() < 1.0 + 1e-9, "{weights:?}: {got} of {n}, due {due}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_equals_comes_first() {
        assert_eq!(lay_out(&[1, 1], 4), [0, 1, 0, 1]);
        assert_eq!(ranks(&[0, 1, 0, 1], 1), [1, 3]);
    }
}
