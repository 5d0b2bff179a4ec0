//! Double precision, in straight lines of its own arithmetic: what would be lost is carried in a second part.

mod exponential;
mod normal;
mod sigmoid;

pub(crate) use super::power::power_f64 as times_power;
pub(crate) use exponential::{exp, exp_difference, exp_m1};
pub(crate) use normal::{bell as times_bell, density as times_density, distribution as times_normal};
pub(crate) use sigmoid::{
    cubic_tanh, cubic_turn as times_cubic_turn, tanh, times_cubic, times_cubic_curve, times_cubic_slope,
    times_logistic, times_logistic_slope,
};

// What single precision takes of it.
pub(super) use normal::LN_SQRT_TAU;
pub(super) use sigmoid::{CUBIC, nothing};
