//! What to do about a number that is infinite or NaN: it depends on where the numbers came from that it was made of, and on
//! what is made of it.
//!
//! log 0 has one mend if the 0 is a softmax that underflowed, another if it is a saturated logistic, and a third if it was
//! given. So the 0 is followed back to the row that made it, as long as each row before it was 0 as well; and the rows that
//! take the result are looked at.

use super::{Cause, Family, FoldOp, Map, Prim, Zip, shown};

/// An element of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub row: usize,
    pub at: usize,
}

/// A list, as far as it takes to say where a number came from.
pub(crate) trait Past {
    fn prim(&self, row: usize) -> Prim;
    fn operands(&self, row: usize) -> Vec<usize>;
    /// The rows that take this one.
    fn users(&self, row: usize) -> Vec<usize>;
    /// The row whose derivative a row is a part of; of any other, itself.
    fn original(&self, row: usize) -> usize;
    fn number(&self, spot: Spot) -> f64;
    /// Whether all elements are.
    fn is_finite(&self, row: usize) -> bool;
    /// The elements of an operand that went into an element.
    fn sources(&self, spot: Spot, operand: usize) -> Vec<Spot>;
}

/// What to do about it; and where the number came from, where that is not to be seen in the row itself.
pub(crate) struct Advice {
    pub source: Option<String>,
    pub mend: &'static str,
}

/// How far a number is followed.
const FAR: usize = 24;

const LARGE: &str = "Numbers as large as these have no place: scale the inputs or the initial weights down, lower the \
                     learning rate, or compute in logarithms.";
const MASKED: &str = "An infinity was given, as by a mask that fills in −∞, and met another one: fill in a large number \
                      instead, or see to it that something is left unmasked.";
const POWER: &str = "Keep the base above 0; whole powers of negative numbers are products: `x * x`.";
const DOMAIN: &str =
    "Keep the operands inside of it, or choose before the operation, as by `mask.select(x, 1.0)`.";
const ABSOLUTE: &str =
    "A 0 does not take out what is infinite; that of `azmul` does: `a.azmul(b)` is 0 where one of them is.";
const BEFORE: &str =
    "A 0 does not take out what is infinite: choose before the product, as by `mask.select(x, 0.0)`.";

const LOG_SOFTMAX: &str = "Take `x.log_softmax(axis)` in place of the softmax and its logarithm: there nothing underflows. \
                           (`cross_entropy` does so.)";
const LOGSUMEXP: &str = "Take `x.logsumexp(axes)`, which subtracts the largest operand first.";
const LOG_EXP: &str = "The logarithm of an exponential is its operand: leave out both.";
const LOG_LOGISTIC: &str = "Take `-(-x).softplus()`, which is log(logistic(x)) and underflows nowhere.";
const LOG_REST: &str = "Take `-x.softplus()`, which is log(1 − logistic(x)) and keeps its digits everywhere.";
const LOG_PRODUCT: &str = "Add logarithms in place of multiplying: `a.log() + b.log()`, `x.log().sum()`.";
const LOG_QUOTIENT: &str = "Subtract logarithms in place of dividing: `a.log() - b.log()`.";
const ENTROPY: &str = "Take `p.azmul(p.log())`, which is 0 where p is; its slope there is −∞, so for a gradient with respect \
                       to p `p * p.maximum(1e-12).log()`.";
const LOG_MASKED: &str = "Choose before the logarithm: `mask.select(x, 1.0).log()`.";
const LOG: &str = "Keep the operand above 0, as by `x.maximum(1e-12)`.";
const LOG1P: &str = "Keep the operand above −1, as by `x.maximum(-1.0 + 1e-12)`.";

const VARIANCE: &str = "A difference of squares has no digits left where the numbers are close together: take \
                        `x.var(0.0)` or `x.std(0.0)` (`var_axis`, `std_axis`), which square the distances from the mean.";
const NORM: &str = "Take `x.norm()` or `x.norm_axis(axes)`, whose slope at 0 is 0.";
const DEVIATION: &str = "Take `x.std(0.0)` or `x.std_axis(axes, 0.0)`, whose slope at 0 is 0.";
const ROOT_MASKED: &str = "Choose before the root: `mask.select(x, 1.0).sqrt()`.";
const STEEP: &str = "The root has no slope at 0: add a small number under it, as in `(x + 1e-12).sqrt()`.";
const ROOT: &str = "Keep the operand above 0, as by `x.maximum(1e-12)`.";

const SOFTMAX: &str = "Take `x.softmax(axis)`, which subtracts the largest operand first.";
const SOFTPLUS: &str = "Take `x.softplus()`, which is log(1 + exp(x)) and overflows nowhere.";
const LOGISTIC: &str = "Take `x.logistic()`, which is 1 / (1 + exp(−x)) and overflows nowhere.";
const EXP: &str = "Subtract the largest operand first, as `softmax`, `log_softmax` and `logsumexp` do; in single precision \
                   exp overflows beyond 88.7, in double beyond 709.8.";

const UNIT: &str =
    "What has no length has no direction: keep the divisor above 0, as in `x / x.norm().maximum(1e-12)`.";
const ABSOLUTE_QUOTIENT: &str = "Divide with `a.azdiv(b)`, which is 0 where a is.";
const QUOTIENT_MASKED: &str = "Choose before the division: `a / mask.select(b, 1.0)`.";
const DIVISOR: &str = "Keep the divisor away from 0, as by adding a small number to it.";

/// What to do about an element that is infinite or NaN for this cause.
pub(crate) fn advice(past: &dyn Past, spot: Spot, cause: Cause) -> Advice {
    let look = Look(past);
    let prim = past.prim(spot.row);
    let only = |mend| Advice { source: None, mend };
    match (cause, &prim.0) {
        (Cause::Domain, Family::Map(Map::Log)) => look.logarithm(spot),
        (Cause::Domain, Family::Map(Map::Log1p)) => look.logarithm_from_1(spot),
        (Cause::Domain, Family::Map(Map::Sqrt | Map::Rsqrt)) => look.root(spot),
        (Cause::Domain, Family::Zip(Zip::Pow) | Family::Weighted(_)) => only(POWER),
        (Cause::Domain, _) => only(DOMAIN),
        (Cause::DivisionByZero, _) => look.quotient(spot),
        (Cause::Overflow, Family::Map(Map::Exp | Map::Expm1) | Family::Zip(Zip::ExpDifference)) => {
            only(look.exponential(spot.row))
        }
        (Cause::Overflow, _) => only(LARGE),
        (Cause::ZeroTimesInfinity, Family::Dot(_)) => only(BEFORE),
        (Cause::ZeroTimesInfinity, _) => only(ABSOLUTE),
        _ => {
            only(if past.operands(spot.row).iter().all(|row| past.is_finite(*row)) { LARGE } else { MASKED })
        }
    }
}

struct Look<'a>(&'a dyn Past);

impl Look<'_> {
    fn family(&self, row: usize) -> Family {
        self.0.prim(row).0
    }

    /// The one element that an operand gave.
    fn source(&self, spot: Spot, operand: usize) -> Option<Spot> {
        self.0.sources(spot, operand).first().copied()
    }

    fn operand(&self, row: usize, i: usize) -> Option<usize> {
        self.0.operands(row).get(i).copied()
    }

    /// A 0, and what it was before, back to the row that made it of other numbers.
    fn zero(&self, spot: Spot) -> Vec<Spot> {
        let mut path = vec![spot];
        while let Some(before) = self.zero_before(path[path.len() - 1]).filter(|_| path.len() < FAR) {
            path.push(before);
        }
        path
    }

    fn zero_before(&self, spot: Spot) -> Option<Spot> {
        let is_zero = |spot: &Spot| self.0.number(*spot) == 0.0;
        let from = |operand: usize| self.0.sources(spot, operand);
        match self.family(spot.row) {
            Family::Leaf(_) | Family::Order(_) | Family::Dot(_) => None,
            // It would take the square of its length to look at.
            Family::Fold(fold) if fold.op == FoldOp::Cumsum => None,
            Family::Zip(Zip::Div | Zip::Azdiv) => from(0).into_iter().find(is_zero),
            Family::Zip(Zip::Mul | Zip::Azmul) => from(0).into_iter().chain(from(1)).find(is_zero),
            // One factor is enough; of all else, what went in was 0.
            _ => {
                let all: Vec<Spot> =
                    (0..self.0.operands(spot.row).len()).flat_map(from).take(FAR * FAR).collect();
                all.iter().all(is_zero).then(|| all.first().copied()).flatten()
            }
        }
    }

    /// What is rearranged, or held still, to this row.
    fn unmoved(&self, mut row: usize) -> usize {
        for _ in 0..FAR {
            match (self.family(row), self.operand(row, 0)) {
                (Family::View(_) | Family::Index(_) | Family::Map(Map::Detach), Some(before)) => row = before,
                _ => break,
            }
        }
        row
    }

    fn is(&self, row: usize, fits: impl Fn(&Family) -> bool) -> bool {
        fits(&self.family(self.unmoved(row)))
    }

    fn is_sum(&self, row: usize) -> bool {
        self.is(row, |family| matches!(family, Family::Fold(fold) if fold.op == FoldOp::Sum))
    }

    fn is_exp(&self, row: usize) -> bool {
        self.is(row, is_exp)
    }

    fn is_log(&self, row: usize) -> bool {
        self.is(row, |family| matches!(family, Family::Map(Map::Log)))
    }

    /// A row times itself: its factor.
    fn squared(&self, row: usize) -> Option<usize> {
        let row = self.unmoved(row);
        match (self.family(row), self.0.operands(row).as_slice()) {
            (Family::Zip(Zip::Mul), [a, b]) if a == b => Some(*a),
            _ => None,
        }
    }

    /// A sum of squares, or a mean of them: what is squared, and whether it is a mean.
    fn sum_of_squares(&self, row: usize) -> Option<(usize, bool)> {
        let row = self.unmoved(row);
        let is_scaled = matches!(self.family(row), Family::Zip(Zip::Div | Zip::Mul));
        let sum = if is_scaled { self.unmoved(self.operand(row, 0)?) } else { row };
        if !self.is_sum(sum) {
            return None;
        }
        Some((self.squared(self.operand(sum, 0)?)?, is_scaled))
    }

    /// A quotient whose divisor is a sum, as in a softmax.
    fn is_share(&self, row: usize) -> bool {
        matches!(self.family(row), Family::Zip(Zip::Div | Zip::Azdiv))
            && self.operand(row, 1).is_some_and(|divisor| self.holds_sum(divisor))
    }

    /// Whether a sum, or one that is kept away from 0.
    fn holds_sum(&self, row: usize) -> bool {
        let mut waiting = vec![row];
        for _ in 0..FAR {
            let Some(row) = waiting.pop().map(|row| self.unmoved(row)) else { return false };
            if self.is_sum(row) {
                return true;
            }
            if matches!(self.family(row), Family::Pick(_) | Family::Zip(Zip::Add | Zip::Max)) {
                waiting.extend(self.0.operands(row));
            }
        }
        false
    }

    /// Whether 1 plus an exponential.
    fn is_one_and_exp(&self, row: usize) -> bool {
        let row = self.unmoved(row);
        matches!(self.family(row), Family::Zip(Zip::Add))
            && self.0.operands(row).iter().any(|operand| self.is_exp(*operand))
    }

    /// The rows that take this one, or what is only rearranged of it.
    fn users(&self, row: usize) -> Vec<usize> {
        let (mut found, mut waiting) = (Vec::new(), vec![row]);
        while let Some(row) = waiting.pop() {
            for user in self.0.users(row) {
                let is_same = matches!(self.family(user), Family::View(_) | Family::Index(_));
                if is_same && waiting.len() < FAR { waiting.push(user) } else { found.push(user) }
            }
        }
        found
    }

    /// Whether something chooses between a row, or that whose derivative it is, and another.
    fn is_chosen(&self, row: usize) -> bool {
        let chooses = |user: &usize| matches!(self.family(*user), Family::Pick(_));
        [row, self.0.original(row)].iter().any(|row| self.users(*row).iter().any(chooses))
    }

    fn logarithm(&self, spot: Spot) -> Advice {
        let Some(operand) = self.source(spot, 0) else { return given(LOG) };
        if self.0.number(operand) < 0.0 {
            return given(if self.is_chosen(spot.row) { LOG_MASKED } else { LOG });
        }
        let path = self.zero(operand);
        let maker = path[path.len() - 1];
        let passed = |fits: &dyn Fn(usize) -> bool| path.iter().any(|spot| fits(spot.row));
        let family = self.family(maker.row);
        match &family {
            family if is_exp(family) => {
                let mend = if passed(&|row| self.is_share(row)) {
                    LOG_SOFTMAX
                } else if passed(&|row| self.is_sum(row)) {
                    LOGSUMEXP
                } else {
                    LOG_EXP
                };
                self.underflowed(maker, mend)
            }
            Family::Map(Map::Logistic) => self.underflowed(maker, LOG_LOGISTIC),
            Family::Zip(Zip::Div) if self.operand(maker.row, 1).is_some_and(|by| self.is_one_and_exp(by)) => {
                self.underflowed(maker, LOG_LOGISTIC)
            }
            Family::Zip(Zip::Sub) if self.is_rest(maker, 1) => {
                self.made(maker, "which rounds to 0", LOG_REST)
            }
            Family::Zip(Zip::Add) if self.is_rest(maker, 0) || self.is_rest(maker, 1) => {
                self.made(maker, "which rounds to 0", LOG_REST)
            }
            Family::Zip(Zip::Mul) => self.underflowed(maker, LOG_PRODUCT),
            Family::Fold(fold) if fold.op == FoldOp::Prod => self.underflowed(maker, LOG_PRODUCT),
            // An exponential divided by a larger one is a share as well.
            Family::Zip(Zip::Div) if self.is_share(maker.row) && self.is_exp_over(maker.row) => {
                self.underflowed(maker, LOG_SOFTMAX)
            }
            Family::Zip(Zip::Div) => self.underflowed(maker, LOG_QUOTIENT),
            _ if self.is_chosen(spot.row) => given(LOG_MASKED),
            _ if self.is_entropy(spot.row) => given(ENTROPY),
            _ => given(LOG),
        }
    }

    fn logarithm_from_1(&self, spot: Spot) -> Advice {
        let is_minus_logistic = self.operand(spot.row, 0).map(|row| self.unmoved(row)).is_some_and(|row| {
            matches!(self.family(row), Family::Map(Map::Neg))
                && self.operand(row, 0).is_some_and(|row| self.is(row, is_logistic))
        });
        given(if is_minus_logistic { LOG_REST } else { LOG1P })
    }

    /// Whether an operand is a logistic, or one with the sign changed.
    fn is_rest(&self, spot: Spot, operand: usize) -> bool {
        let Some(row) = self.operand(spot.row, operand).map(|row| self.unmoved(row)) else { return false };
        match self.family(row) {
            Family::Map(Map::Neg) => self.operand(row, 0).is_some_and(|row| self.is(row, is_logistic)),
            family => is_logistic(&family),
        }
    }

    fn is_exp_over(&self, row: usize) -> bool {
        self.operand(row, 0).is_some_and(|row| self.is_exp(row))
    }

    /// Whether what takes the logarithm multiplies it with its operand.
    fn is_entropy(&self, row: usize) -> bool {
        let Some(operand) = self.operand(row, 0) else { return false };
        self.users(row).iter().any(|user| {
            let factors = self.0.operands(*user);
            matches!(self.family(*user), Family::Zip(Zip::Mul))
                && factors.iter().any(|factor| self.unmoved(*factor) == self.unmoved(operand))
        })
    }

    fn root(&self, spot: Spot) -> Advice {
        let (Some(row), Some(operand)) = (self.operand(spot.row, 0), self.source(spot, 0)) else {
            return given(ROOT);
        };
        if self.0.number(operand) < 0.0 {
            if self.is_difference_of_squares(row) {
                return given(VARIANCE);
            }
            return given(if self.is_chosen(spot.row) { ROOT_MASKED } else { ROOT });
        }
        match self.sum_of_squares(row) {
            Some((of, true)) if self.is(of, |family| matches!(family, Family::Zip(Zip::Sub))) => {
                given(DEVIATION)
            }
            Some((_, false)) => given(NORM),
            _ if self.is_difference_of_squares(row) => given(VARIANCE),
            _ if self.is_chosen(spot.row) => given(ROOT_MASKED),
            _ => given(STEEP),
        }
    }

    /// Whether E\[x²\] − E\[x\]²: a mean of squares less a square.
    fn is_difference_of_squares(&self, row: usize) -> bool {
        let row = self.unmoved(row);
        matches!(self.family(row), Family::Zip(Zip::Sub))
            && matches!(self.0.operands(row).as_slice(), [a, b]
                if self.sum_of_squares(*a).is_some() && self.squared(*b).is_some())
    }

    fn quotient(&self, spot: Spot) -> Advice {
        let is_pair = matches!(self.family(spot.row), Family::Zip(_));
        let Some(divisor) = self.source(spot, usize::from(is_pair)) else { return given(DIVISOR) };
        let path = self.zero(divisor);
        let maker = path[path.len() - 1];
        if is_exp(&self.family(maker.row)) {
            let is_softmax = self.is_share(spot.row) && self.is_exp_over(spot.row);
            return self.underflowed(maker, if is_softmax { SOFTMAX } else { DIVISOR });
        }
        let is_nothing = is_pair && self.source(spot, 0).is_some_and(|above| self.0.number(above) == 0.0);
        let is_length = |row: usize| {
            let is_scale = |operand: &usize| self.is(*operand, |f| matches!(f, Family::Map(Map::Binade)));
            let is_root = matches!(self.family(row), Family::Map(Map::Sqrt))
                && self.operand(row, 0).is_some_and(|row| self.sum_of_squares(row).is_some());
            is_root
                || matches!(self.family(row), Family::Zip(Zip::Mul))
                    && self.0.operands(row).iter().any(is_scale)
        };
        given(if is_nothing && path.iter().any(|spot| is_length(spot.row)) {
            UNIT
        } else if self.is_chosen(spot.row) {
            QUOTIENT_MASKED
        } else if is_nothing {
            ABSOLUTE_QUOTIENT
        } else {
            DIVISOR
        })
    }

    /// Of an exponential that overflows, by what is made of it.
    fn exponential(&self, row: usize) -> &'static str {
        let row = self.0.original(row);
        let users = self.users(row);
        let is_quotient = |user: &usize| matches!(self.family(*user), Family::Zip(Zip::Div | Zip::Azdiv));
        let is_logged = |row: usize| self.users(row).iter().any(|user| self.is_log(*user));
        if users.iter().any(|user| is_quotient(user) && self.is_share(*user)) {
            return SOFTMAX;
        }
        for user in users {
            if self.is_sum(user) {
                if is_logged(user) {
                    return LOGSUMEXP;
                }
            } else if matches!(self.family(user), Family::Map(Map::Log1p))
                || self.is_one_and_exp(user) && is_logged(user)
            {
                return SOFTPLUS;
            } else if self.is_one_and_exp(user) && self.users(user).iter().any(is_quotient) {
                return LOGISTIC;
            }
        }
        EXP
    }

    fn underflowed(&self, maker: Spot, mend: &'static str) -> Advice {
        self.made(maker, "which underflows", mend)
    }

    /// A 0 that was made by this row.
    fn made(&self, maker: Spot, how: &str, mend: &'static str) -> Advice {
        let prim = self.0.prim(maker.row);
        let numbers: Option<Vec<f64>> = (0..self.0.operands(maker.row).len())
            .map(|operand| self.source(maker, operand).map(|spot| self.0.number(spot)))
            .collect();
        let words = match numbers {
            // Without the remark on a special case, that of `exp_difference`.
            Some(numbers) if !matches!(prim.0, Family::Fold(_)) => {
                let words = prim.with_numbers(&numbers);
                words.split(", ").next().unwrap_or_default().to_owned()
            }
            _ => format!("the {} of row %{}", prim.name(), maker.row),
        };
        Advice { source: Some(format!("that {} is {words}, {how}", shown(0.0))), mend }
    }
}

fn is_exp(family: &Family) -> bool {
    matches!(family, Family::Map(Map::Exp) | Family::Zip(Zip::ExpDifference))
}

fn is_logistic(family: &Family) -> bool {
    matches!(family, Family::Map(Map::Logistic))
}

/// Where there is no more to say of where it came from.
fn given(mend: &'static str) -> Advice {
    Advice { source: None, mend }
}
