//! How far apart two shares of failed requests really are, from what was counted of both.
//!
//! Wilson's score interval of one share, and Newcombe's hybrid of two such intervals for their difference: method 10
//! in R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
//! methods", Statistics in Medicine 17 (1998), 873–890. Unlike the interval that takes a normal distribution for
//! granted, it is not empty where no request failed at all.

/// The quantile of the normal distribution that leaves 5 % above it: a bound on one side, at 95 %.
const Z: f64 = 1.644_853_626_951_472_7;

/// Failed requests among all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// How many failed; at most all.
    pub failed: f64,
    /// All; more than none.
    pub all: f64,
}

impl Share {
    /// The share itself.
    pub fn rate(self) -> f64 {
        self.failed / self.all
    }

    /// Below and above what the true share hardly is.
    fn wilson(self, z: f64) -> (f64, f64) {
        let (rate, all, square) = (self.rate(), self.all, z * z);
        let middle = rate + square / (2.0 * all);
        let spread = z * (rate * (1.0 - rate) / all + square / (4.0 * all * all)).sqrt();
        let under = 1.0 + square / all;
        (((middle - spread) / under).max(0.0), ((middle + spread) / under).min(1.0))
    }
}

/// The bounds of how much larger the first share is than the second: each is wrong in about 5 of 100 cases.
pub fn difference(first: Share, second: Share) -> (f64, f64) {
    newcombe(first, second, Z)
}

fn newcombe(first: Share, second: Share, z: f64) -> (f64, f64) {
    let ((low, high), (other_low, other_high)) = (first.wilson(z), second.wilson(z));
    let (rate, other) = (first.rate(), second.rate());
    let middle = rate - other;
    let below = (rate - low).hypot(other_high - other);
    let above = (high - rate).hypot(other - other_low);
    (middle - below, middle + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(failed: f64, all: f64) -> Share {
        Share { failed, all }
    }

    /// Newcombe's table II, method 10, with his quantile for two sides at 95 %.
    #[test]
    fn the_formula_gives_the_published_figures() {
        let z = 1.959_963_984_540_054;
        for (first, second, low, high) in [
            (share(56.0, 70.0), share(48.0, 80.0), 0.0524, 0.3339),
            (share(9.0, 10.0), share(3.0, 10.0), 0.1705, 0.8090),
            (share(10.0, 10.0), share(0.0, 20.0), 0.6791, 1.0),
        ] {
            let (below, above) = newcombe(first, second, z);
            assert!((below - low).abs() < 5e-5 && (above - high).abs() < 5e-5, "{below} {above}");
        }
    }

    #[test]
    fn no_failures_at_all_still_leave_a_doubt() {
        let (low, high) = difference(share(0.0, 100.0), share(0.0, 100.0));
        assert!(low < -0.02 && high > 0.02, "{low} {high}");
        let (low, high) = difference(share(0.0, 100_000.0), share(0.0, 100_000.0));
        assert!(low > -0.0001 && high < 0.0001, "{low} {high}");
    }
}
