//! Sweeps over a tape with rules that may be other than the library's: to examine them, or to find out what a wrong one
//! would give.

use crate::{Float, Prim, Var};
use smallvec::SmallVec;

/// Whose derivative rules a sweep uses.
pub(crate) trait Rules {
    /// The cotangent of operand `wrt`.
    fn vjp<'t, T: Float>(
        &self,
        prim: &Prim,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>>;

    /// The tangent of `out`.
    fn jvp<'t, T: Float>(
        &self,
        prim: &Prim,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>>;

    /// Whether all that they gave so far is known to be what the library gives, so that examining it says nothing new.
    fn known(&self) -> bool {
        false
    }
}

/// The library's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library;

impl Rules for Library {
    fn vjp<'t, T: Float>(
        &self,
        prim: &Prim,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        prim.vjp(wrt, operands, out, cotangent)
    }

    fn jvp<'t, T: Float>(
        &self,
        prim: &Prim,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        prim.jvp(operands, out, tangents)
    }
}

/// The cotangent of every row up to `root`, whose own is `seed`; `term` makes what a row gives its operand `wrt`.
pub(crate) fn backwards<'t, T: Float>(
    root: Var<'t, T>,
    seed: Var<'t, T>,
    term: impl FnMut(Var<'t, T>, usize, &[Var<'t, T>], Var<'t, T>) -> Option<Var<'t, T>>,
) -> Vec<Option<Var<'t, T>>> {
    backwards_from(root, &[(root, seed)], term)
}

/// As [`backwards`], with cotangents that are put in at several rows up to `root`.
pub(crate) fn backwards_from<'t, T: Float>(
    root: Var<'t, T>,
    seeds: &[(Var<'t, T>, Var<'t, T>)],
    mut term: impl FnMut(Var<'t, T>, usize, &[Var<'t, T>], Var<'t, T>) -> Option<Var<'t, T>>,
) -> Vec<Option<Var<'t, T>>> {
    let rows: Vec<Var<'t, T>> = root.tape().vars().take(root.row() + 1).collect();
    let mut cotangents = vec![None; rows.len()];
    for (row, seed) in seeds {
        cotangents[row.row()] = Some(*seed);
    }
    for out in rows.into_iter().rev() {
        let Some(cotangent) = cotangents[out.row()] else { continue };
        let operands = out.operands();
        for (wrt, operand) in operands.iter().enumerate().filter(|(_, operand)| operand.varies()) {
            if let Some(term) = term(out, wrt, &operands, cotangent) {
                let sum = &mut cotangents[operand.row()];
                *sum = Some(sum.map_or(term, |sum: Var<'t, T>| sum + term));
            }
        }
    }
    cotangents
}

/// The tangent of `root` when rows move along these tangents. What does not vary, such as indices, does not move.
pub(crate) fn forwards<'t, T: Float>(
    rules: &impl Rules,
    root: Var<'t, T>,
    seeds: &[(Var<'t, T>, Var<'t, T>)],
) -> Option<Var<'t, T>> {
    let rows: Vec<Var<'t, T>> = root.tape().vars().take(root.row() + 1).collect();
    let mut tangents: Vec<Option<Var<'t, T>>> = vec![None; rows.len()];
    for (var, tangent) in seeds.iter().filter(|(var, _)| var.varies()) {
        tangents[var.row()] = Some(*tangent);
    }
    for out in rows {
        let operands = out.operands();
        let arriving: SmallVec<[_; 3]> = operands.iter().map(|operand| tangents[operand.row()]).collect();
        if tangents[out.row()].is_none() && arriving.iter().any(Option::is_some) {
            tangents[out.row()] = rules.jvp(&out.prim(), &operands, out, &arriving);
        }
    }
    tangents[root.row()]
}
