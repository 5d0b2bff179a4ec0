//! Room 4, the desk: what makes computing with [`Var`](crate::Var)s read like ndarray.
//!
//! Here are the operators, the methods that rearrange, and the composites: functions made of primitives, which need no
//! derivative rules of their own. (The methods of other families stand beside their rules, in `prim/`.)

mod activation;
mod classes;
mod compare;
mod loss;
mod mask;
mod ops;
mod order;
mod rearrange;
mod shape;
mod softmax;
mod stats;
mod sum;

pub use classes::{CrossEntropy, Reduction};
