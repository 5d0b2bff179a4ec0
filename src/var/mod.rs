//! Room 4, the desk: what makes computing with [`Var`](crate::Var)s read like ndarray.
//!
//! Here are the operators, broadcasting by explicit rows, what may stand for a `Var`, and the
//! composites: functions made of primitives, which need no derivative rules of their own.

mod activation;
mod broadcast;
mod compare;
mod convert;
mod loss;
mod ops;
mod shape;
mod softmax;
mod stats;

pub use broadcast::Broadcasting;
pub(crate) use broadcast::{broadcast, joint_shape};
pub use convert::{IntoAxes, IntoValue, IntoVar};
