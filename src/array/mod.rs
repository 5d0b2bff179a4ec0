//! Room 0, the arithmetic: numbers, values, where elements lie, and the loops that move them or add them up.
//!
//! Nothing here knows a primitive, a derivative or a tape. A number is anything that has the operations of
//! [`Arithmetic`]; a [`Value`] is a number or an array, which may be a broadcast view; a [`Layout`] says where elements
//! lie; a [`Room`] is memory for results, and the one place that takes it by shape. Elementwise functions are [`Kernel`]s, run over
//! any layout by [`elementwise`], for which [`gather`](fn@gather) brings elements into order; sums and their kin are [`Reducer`]s; products of matrices are in [`matmul`](mod@matmul), made by the kernels of [`multiply`]; what is looked up by indices is a [`LookUp`], what is put in order [`Lines`]. How threads share the work is in [`team`](mod@team). What a primitive has to do for a replay it says
//! as [`Work`].
//!
//! The functions that derivatives of activations are made of are the library's own, in [`elementary`]: exp, log, tanh, the logistic
//! and the normal distribution function and their kin. sin, cos, tan, powers, atan2 and erf are Rust's and libm's.

mod arithmetic;
mod axes;
mod elementary;
mod gather;
mod instructions;
mod kernel;
mod kind;
mod layout;
mod lookup;
mod matmul;
mod multiply;
mod order;
mod places;
mod range;
mod reduce;
mod room;
mod running;
mod spare;
mod team;
mod value;
mod walk;
mod work;

pub use arithmetic::Arithmetic;
pub(crate) use axes::AxisSet;
pub(crate) use gather::{AXES, SLACK, gather, scatter};
pub use instructions::Instructions;
pub(crate) use kernel::{Elementwise, Kernel, Plain, Slices, each, kernel};
pub use kind::Kind;
pub(crate) use kind::{beyond, place, uncountable};
pub(crate) use layout::Layout;
pub(crate) use lookup::{LookUp, Stray, look_up, position};
pub use matmul::product;
pub(crate) use matmul::{matmul, matmul_work, shared_product};
pub(crate) use multiply::Matrix;
pub(crate) use order::{Bench, Lines, Order, ordered};
pub(crate) use places::{concat, pad};
pub(crate) use range::{Margin, Range, ranges};
pub(crate) use reduce::{Extent, Progress, Reducer, absorb, arrange, reduce, reducer, rows};
pub use room::Room;
pub(crate) use running::{run, running_sum};
pub(crate) use team::{both, parts, pieces, processors, product_time};
pub use value::Value;
pub(crate) use value::{Shape, check_shape, same_shape, size_of};
pub(crate) use walk::elementwise;
pub(crate) use work::{Known, Piece, Work};
