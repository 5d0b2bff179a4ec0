//! Rearrangements: the same elements at other places. All are linear, and each one's adjoint is
//! another: that of broadcast is the sum over what was stretched, the one un-broadcast rule there is.

use super::{Domain, Family, FoldOp, Prim, Rule};
use crate::Float;
use crate::array::{
    Arithmetic, AxisSet, Kernel, Kind, Known, Layout, Margin, Piece, Range, Room, Shape, Value, Work, concat,
    pad, size_of,
};
use crate::error::{Dims, Error, ErrorKind, Problem, counted, must};
use crate::tape::Var;
use smallvec::SmallVec;

/// A rearrangement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum View {
    /// The elements in row-major order at another shape.
    Reshape(Box<[usize]>),
    /// Axis `i` of the result is axis `order[i]` of the operand.
    Permute(Box<[usize]>),
    /// New axes in front, and axes of length 1 repeated: NumPy's rules, without a copy.
    Broadcast(Box<[usize]>),
    /// Some of the elements along each axis.
    Slice(Box<[Range]>),
    /// One value around and between the elements.
    Pad { margins: Box<[Margin]>, value: Filling },
    /// One operand after the other along an axis.
    Concat { axis: usize },
    /// The elements backwards along these axes.
    Flip(AxisSet),
}

/// What is put around elements. Compared by its bits: rows with 0 and with -0 are not the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filling(pub f64);

impl PartialEq for Filling {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl View {
    /// The tangent of the result, which a linear map makes as it makes the result.
    fn linear(&self) -> Self {
        match self {
            Self::Pad { margins, .. } => Self::Pad { margins: margins.clone(), value: Filling(0.0) },
            Self::Reshape(_)
            | Self::Permute(_)
            | Self::Broadcast(_)
            | Self::Slice(_)
            | Self::Concat { .. }
            | Self::Flip(_) => self.clone(),
        }
    }

    /// The cotangent of operand `wrt`: the transposed map.
    fn adjoint<'t, T: Float>(&self, wrt: usize, operands: &[Var<'t, T>], d: Var<'t, T>) -> Var<'t, T> {
        let shape = operands[wrt].shape();
        match self {
            Self::Reshape(_) => d.reshape(shape),
            Self::Permute(order) => {
                let mut back = vec![0; order.len()];
                order.iter().enumerate().for_each(|(i, &axis)| back[axis] = i);
                d.permute(back.as_slice())
            }
            Self::Broadcast(target) => unbroadcast(d, &shape, target),
            Self::Slice(ranges) => {
                let backwards: AxisSet = (0..ranges.len()).filter(|&axis| ranges[axis].step < 0).collect();
                let margins =
                    ranges.iter().zip(&shape).map(|(range, &n)| Margin::around(range.forwards(), n));
                d.reverse(backwards).rearrange(Self::Pad { margins: margins.collect(), value: Filling(0.0) })
            }
            Self::Pad { margins, .. } => d.rearrange(Self::Slice(
                margins.iter().zip(&shape).map(|(margin, &n)| margin.kept(n)).collect(),
            )),
            Self::Concat { axis } => {
                let before: usize = operands[..wrt].iter().map(|operand| operand.shape()[*axis]).sum();
                Self::piece(d, *axis, before, shape[*axis])
            }
            Self::Flip(axes) => d.reverse(*axes),
        }
    }
}

impl View {
    /// The axis along which it joins its operands, if it does.
    pub(super) fn joins(&self) -> Option<usize> {
        if let Self::Concat { axis } = self { Some(*axis) } else { None }
    }

    /// The cotangent of the operand that is `size` elements of a join, after so many others.
    pub(super) fn piece<T: Float>(d: Var<'_, T>, axis: usize, before: usize, size: usize) -> Var<'_, T> {
        d.narrow(axis.cast_signed(), before, size)
    }
}

/// The adjoint of broadcasting `shape` to `target`: the sum over every axis that was added or stretched.
fn unbroadcast<'t, T: Float>(d: Var<'t, T>, shape: &[usize], target: &[usize]) -> Var<'t, T> {
    let added = target.len() - shape.len();
    let stretched = (0..target.len()).filter(|&axis| axis < added || shape[axis - added] != target[axis]);
    let stretched: AxisSet = stretched.collect();
    d.fold(FoldOp::Sum, stretched).reshape(shape)
}

impl Rule for View {
    fn name(&self) -> &'static str {
        match self {
            Self::Reshape(_) => "reshape",
            Self::Permute(_) => "permute",
            Self::Broadcast(_) => "broadcast",
            Self::Slice(_) => "slice",
            Self::Pad { .. } => "pad",
            Self::Concat { .. } => "concat",
            Self::Flip(_) => "flip",
        }
    }

    fn formula(&self) -> String {
        match self {
            Self::Reshape(shape) => format!("a at shape {}", Dims(shape)),
            Self::Permute(order) if order.as_ref() == [1, 0] => "a.t()".into(),
            Self::Permute(order) => format!("a with its axes in the order {}", Dims(order)),
            Self::Broadcast(shape) => format!("a repeated to {}", Dims(shape)),
            Self::Slice(ranges) => {
                let ranges: Vec<String> = ranges.iter().map(Range::to_string).collect();
                format!("a[{}]", ranges.join(", "))
            }
            Self::Pad { margins, value } => {
                let margins: Vec<String> = margins.iter().map(Margin::to_string).collect();
                format!("a within {}: {}", value.0, margins.join(", "))
            }
            Self::Concat { axis } => format!("a, b, … along axis {axis}"),
            Self::Flip(axes) => {
                let axes: Vec<String> = axes.iter().map(|axis| axis.to_string()).collect();
                format!("a backwards along axis {}", axes.join(", "))
            }
        }
    }

    fn arity(&self) -> Option<usize> {
        if matches!(self, Self::Concat { .. }) { None } else { Some(1) }
    }

    fn domain(&self) -> Domain {
        Domain::ALL
    }

    /// That of what is rearranged, if all operands are of one, and what is put around elements can be.
    fn kind(&self, operands: &[Kind]) -> Result<Kind, Problem> {
        let fits = |kind| match (self, kind) {
            (Self::Pad { value: Filling(value), .. }, Kind::Index) => *value >= 0.0 && value.fract() == 0.0,
            (Self::Pad { value: Filling(value), .. }, Kind::Mask) => [0.0, 1.0].contains(value),
            _ => kind == operands[0],
        };
        Ok(if operands.iter().all(|kind| fits(*kind)) { operands[0] } else { Kind::Real })
    }

    fn shape(&self, operands: &[&[usize]]) -> Result<Shape, Problem> {
        let from = operands[0];
        let refuse = |kind, what, mend: &str| Err(Problem::new(kind, what, mend));
        match self {
            Self::Reshape(shape) if size_of(shape) != size_of(from) => refuse(
                ErrorKind::Shape,
                format!(
                    "shape {} has {}, and the array has {}",
                    Dims(shape),
                    match size_of(shape) {
                        usize::MAX => "more elements than can be counted".into(),
                        n => counted(n, "element", "elements"),
                    },
                    size_of(from)
                ),
                "A reshape keeps the elements and their order: the product of the sizes must stay.",
            ),
            Self::Reshape(shape) => Ok(shape.as_ref().into()),
            Self::Permute(order) => {
                let mut sorted: Shape = order.as_ref().into();
                sorted.sort_unstable();
                if !sorted.iter().copied().eq(0..from.len()) {
                    return refuse(
                        ErrorKind::Axis,
                        format!("{} is no order of {}", Dims(order), counted(from.len(), "axis", "axes")),
                        "Name every axis exactly once.",
                    );
                }
                Ok(order.iter().map(|&axis| from[axis]).collect())
            }
            Self::Broadcast(shape) => {
                let fits = from.len() <= shape.len()
                    && from.iter().rev().zip(shape.iter().rev()).all(|(&n, &to)| n == to || n == 1);
                if !fits {
                    return refuse(
                        ErrorKind::Shape,
                        format!("the array cannot be repeated to shape {}", Dims(shape)),
                        "Aligned at the last axis, each size must be equal or 1; axes may be added in front.",
                    );
                }
                Ok(shape.as_ref().into())
            }
            Self::Slice(ranges) => {
                let outside = ranges.iter().zip(from).position(|(range, &n)| !range.is_within(n));
                if ranges.len() != from.len() {
                    return refuse(
                        ErrorKind::Axis,
                        format!("the slice is for {} axes, and the array has {}", ranges.len(), from.len()),
                        "Give one range for each axis.",
                    );
                }
                if let Some(axis) = outside {
                    let (range, n) = (ranges[axis], from[axis]);
                    return refuse(
                        ErrorKind::Index,
                        format!(
                            "the range {range} reaches outside axis {axis}, which has {}",
                            counted(n, "element", "elements")
                        ),
                        "Indices count from 0, and the end of a range is not part of it.",
                    );
                }
                Ok(ranges.iter().map(|range| range.len).collect())
            }
            Self::Pad { margins, .. } if margins.len() != from.len() => refuse(
                ErrorKind::Axis,
                format!(
                    "there are margins for {}, and the array has {}",
                    counted(margins.len(), "axis", "axes"),
                    from.len()
                ),
                "Give one (before, after) pair for each axis; (0, 0) leaves an axis as it is.",
            ),
            Self::Pad { margins, .. } => {
                Ok(margins.iter().zip(from).map(|(margin, &n)| margin.padded(n)).collect())
            }
            Self::Concat { axis } => concat_shape(*axis, operands),
            Self::Flip(axes) => match axes.iter().find(|&axis| axis >= from.len()) {
                None => Ok(from.into()),
                Some(axis) => Err(Problem::no_axis(axis, from.len())),
            },
        }
    }

    fn eval<T: Arithmetic>(&self, operands: &[&Value<T>], room: &Room<T>) -> Result<Value<T>, Problem> {
        let x = operands[0];
        match self {
            Self::Reshape(shape) => x.reshape(shape, room),
            Self::Permute(order) => Ok(x.permute(order)),
            Self::Broadcast(shape) => Ok(x.broadcast(shape)),
            Self::Slice(ranges) => Ok(x.slice(ranges)),
            Self::Pad { margins, value } => pad(x, margins, T::from_f64(value.0), room),
            Self::Concat { axis } => concat(operands, *axis, room),
            Self::Flip(axes) => {
                let ranges = x.shape().iter().enumerate().map(|(axis, &n)| {
                    if axes.contains(axis) { Range::full(n).backwards() } else { Range::full(n) }
                });
                Ok(x.slice(&ranges.collect::<SmallVec<[Range; 4]>>()))
            }
        }
    }

    fn work<T: Arithmetic>(&self, operands: &[&Layout]) -> Work<T> {
        let x = operands[0];
        match self {
            Self::Reshape(shape) => x.reshape(shape).map_or(Work::Copy, Work::View),
            Self::Permute(order) => Work::View(x.permute(order)),
            Self::Broadcast(shape) => Work::View(x.broadcast(shape)),
            Self::Slice(ranges) => Work::View(x.slice(ranges)),
            Self::Flip(axes) => Work::View(x.flip(*axes)),
            Self::Pad { margins, .. } if margins.is_empty() => Work::View(x.clone()),
            Self::Pad { margins, value } => {
                let sizes = margins.iter().zip(&x.shape);
                let padded: Shape = sizes.clone().map(|(margin, &n)| margin.padded(n)).collect();
                let kept: Vec<Range> = sizes.map(|(margin, &n)| margin.kept(n)).collect();
                let to = Layout::row_major(&padded).slice(&kept);
                let piece = Piece { operand: 0, from: x.clone(), to, adding: false };
                Work::Assemble { background: Some(T::from_f64(value.0)), pieces: vec![piece] }
            }
            Self::Concat { axis } => {
                let mut joined = x.shape.clone();
                joined[*axis] = operands.iter().map(|operand| operand.shape[*axis]).sum();
                let out = Layout::row_major(&joined);
                let mut first = 0;
                let pieces = operands.iter().enumerate().map(|(operand, from)| {
                    let len = from.shape[*axis];
                    let to = out.clone().along(*axis, Range { first, step: 1, len });
                    first += len;
                    Piece { operand, from: (*from).clone(), to, adding: false }
                });
                Work::Assemble { background: None, pieces: pieces.collect() }
            }
        }
    }

    fn shortcut<T: Arithmetic>(&self, _: &[Known<T>]) -> Option<usize> {
        None
    }

    fn kernel<T: Arithmetic>(&self) -> Option<Kernel<T>> {
        None
    }

    fn vjp<'t, T: Float>(
        &self,
        wrt: usize,
        operands: &[Var<'t, T>],
        _out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        Some(self.adjoint(wrt, operands, cotangent))
    }

    fn jvp<'t, T: Float>(
        &self,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let at_rest = |operand: &Var<'t, T>| operand.lift(0.0).broadcast_to(operand.shape());
        let tangents = tangents
            .iter()
            .zip(operands)
            .map(|(tangent, operand)| tangent.unwrap_or_else(|| at_rest(operand)));
        let tangents: SmallVec<[Var<'t, T>; 3]> = tangents.collect();
        Some(out.record(Prim(Family::View(self.linear().into())), &tangents))
    }

    fn fitting(shape: &[usize]) -> Vec<Self> {
        let ndim = shape.len();
        let all = AxisSet::all(ndim);
        let every_other = |n: usize| Range { first: 0, step: 2, len: n.div_ceil(2) };
        let wider: Vec<usize> =
            std::iter::once(2).chain(shape.iter().map(|&n| if n == 1 { 3 } else { n })).collect();
        let margin = Margin { low: 1, high: 2, between: 1 };
        let mut views = vec![
            Self::Reshape([size_of(shape)].into()),
            Self::Permute((0..ndim).rev().collect()),
            Self::Broadcast(wider.into()),
            Self::Slice(shape.iter().map(|&n| every_other(n)).collect()),
            Self::Slice(shape.iter().map(|&n| every_other(n).backwards()).collect()),
            Self::Pad { margins: vec![margin; ndim].into(), value: Filling(1.5) },
            Self::Flip(all),
        ];
        views.extend((0..ndim).map(|axis| Self::Concat { axis }));
        views
    }
}

fn concat_shape(axis: usize, operands: &[&[usize]]) -> Result<Shape, Problem> {
    let mut out: Shape = operands[0].into();
    if axis >= out.len() {
        return Err(Problem::no_axis(axis, out.len()));
    }
    out[axis] = 0;
    for (i, operand) in operands.iter().enumerate() {
        let alike = operand.len() == out.len() && (0..out.len()).all(|i| i == axis || operand[i] == out[i]);
        if !alike {
            let which = match operands.len() {
                2 => String::new(),
                _ => {
                    format!("; operand {i} has shape {}, and the first {}", Dims(operand), Dims(operands[0]))
                }
            };
            return Err(Problem::new(
                ErrorKind::Shape,
                format!(
                    "arrays that are joined along axis {axis} must have equal sizes along all others{which}"
                ),
                joining(axis, operands, operand),
            ));
        }
        out[axis] = out[axis].saturating_add(operand[axis]);
    }
    Ok(out)
}

/// How arrays could be joined that do not fit along an axis.
fn joining(axis: usize, operands: &[&[usize]], odd: &[usize]) -> String {
    let first = operands[0];
    let alike = |along: usize| {
        operands.iter().all(|shape| {
            shape.len() == first.len() && (0..first.len()).all(|i| i == along || shape[i] == first[i])
        })
    };
    let single = |short: &[usize], long: &[usize]| [&long[..axis], &long[axis + 1..]].concat() == short;
    if let Some(other) = (0..first.len()).find(|&other| alike(other)) {
        format!("They fit along axis {other}.")
    } else if axis < first.len() && single(odd, first) {
        format!("Give the operand of shape {} the axis that it lacks with `unsqueeze({axis})`.", Dims(odd))
    } else if odd.len() == first.len() + 1 && single(first, odd) {
        format!("Give the operand of shape {} the axis that it lacks with `unsqueeze({axis})`.", Dims(first))
    } else {
        "Check which axis is meant, and the shapes along the others.".into()
    }
}

/// How a row of the family is recorded. The methods at the desk are in `var/rearrange.rs`.
impl<T: Float> Var<'_, T> {
    /// Records a rearrangement that is known to fit.
    #[track_caller]
    pub(crate) fn rearrange(self, view: View) -> Self {
        must(self.try_rearrange(view))
    }

    #[track_caller]
    pub(crate) fn try_rearrange(self, view: View) -> Result<Self, Error> {
        self.try_record(Prim(Family::View(view.into())), &[self])
    }

    /// The elements backwards along axes that are known to exist; over none it is the operand itself.
    #[track_caller]
    pub(crate) fn reverse(self, axes: AxisSet) -> Self {
        if axes == AxisSet::default() { self } else { self.rearrange(View::Flip(axes)) }
    }
}
