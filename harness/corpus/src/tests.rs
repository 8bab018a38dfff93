//! That the traces are what they are said to be.

use super::*;

fn all() -> impl Iterator<Item = Family> {
    BENIGN.into_iter().chain(VARIED).chain(HARD)
}

fn mean(samples: &[(f64, f64)]) -> f64 {
    samples.iter().map(|sample| sample.1).sum::<f64>() / samples.len() as f64
}

#[test]
fn a_seed_is_a_trace() {
    let leak = Leak { kind: Kind::Bursty, size: 8.0 };
    for family in all() {
        let [one, same] = [(); 2].map(|()| trace(5, family, 300.0, 1.0, Some(leak)));
        assert_eq!(one, same);
        assert_ne!(one.samples, trace(6, family, 300.0, 1.0, Some(leak)).samples, "{family:?}");
    }
}

#[test]
fn any_length_and_cadence_has_its_samples() {
    for (length, cadence, count) in
        [(300.0, 0.1, 3_000), (300.0, 1.0, 300), (3_600.0, 60.0, 60), (86_400.0, 10.0, 8_640)]
    {
        for family in all() {
            let trace = trace(1, family, length, cadence, None);
            assert_eq!(trace.samples.len(), count);
            assert!(trace.samples.iter().all(|sample| sample.1.is_finite() && sample.1 >= 0.0), "{family:?}");
            assert!(trace.sigma > 0.0 && trace.sigma.is_finite(), "{family:?}");
            assert_eq!((trace.leaked, trace.slope), (0.0, 0.0));
        }
    }
}

#[test]
fn the_same_service_is_seen_at_any_cadence() {
    for family in BENIGN.into_iter().chain(VARIED) {
        for seed in 0..5 {
            let [fine, coarse] = [0.1, 5.0].map(|cadence| trace(seed, family, 3_600.0, cadence, None));
            let apart = (mean(&fine.samples) - mean(&coarse.samples)).abs();
            assert!(apart < 1.5 * fine.sigma, "{family:?} {seed}: {apart} of {}", fine.sigma);
            assert!((0.5..2.0).contains(&(fine.sigma / coarse.sigma)), "{family:?} {seed}");
        }
    }
}

#[test]
fn white_noise_has_the_sigma_that_is_said() {
    let flat = trace(3, Family::Flat, 3_600.0, 1.0, None);
    let middle = mean(&flat.samples);
    let variance = flat.samples.iter().map(|sample| (sample.1 - middle).powi(2)).sum::<f64>() / 3_600.0;
    assert!((variance.sqrt() / flat.sigma - 1.0).abs() < 1e-3);
    assert!((0.0025..0.016).contains(&(flat.sigma / middle)));
}

#[test]
fn a_leak_leaks_what_is_said() {
    for kind in [Kind::Linear, Kind::Staircase, Kind::Late, Kind::Exponential, Kind::Bursty] {
        let [healthy, leaking] =
            [None, Some(Leak { kind, size: 64.0 })].map(|leak| trace(9, Family::Flat, 3_600.0, 1.0, leak));
        let added = leaking.samples[3_599].1 - healthy.samples[3_599].1;
        assert!((leaking.leaked / (64.0 * leaking.sigma) - 1.0).abs() < 1e-9);
        assert!((added / leaking.leaked - 1.0).abs() < 0.1, "{kind:?}: {added} of {}", leaking.leaked);
        assert_eq!((healthy.truth, leaking.truth), (Truth::Healthy, Truth::Leaking));
    }
}

#[test]
fn the_slope_is_that_of_the_end() {
    for kind in [Kind::Linear, Kind::Late, Kind::Exponential, Kind::UnderDecrease, Kind::ThroughRestart] {
        let [healthy, leaking] =
            [None, Some(Leak { kind, size: 64.0 })].map(|leak| trace(4, Family::Flat, 3_600.0, 1.0, leak));
        let added = |at: usize| leaking.samples[at].1 - healthy.samples[at].1;
        let slope = (added(3_599) - added(3_500)) / 99.0;
        assert!((slope / leaking.slope - 1.0).abs() < 0.15, "{kind:?}: {slope} and {}", leaking.slope);
    }
}

#[test]
fn what_is_sampled_badly_stays_in_order() {
    let whole = trace(2, Family::WarmUp, 600.0, 1.0, None).samples;
    for part in [jittered(&whole, 1), with_gaps(&whole, 1), thinned_late(&whole)] {
        assert!(part.len() < whole.len() && part.len() > whole.len() / 2);
        assert!(part.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
