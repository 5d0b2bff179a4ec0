//! Matrix products and rearrangements against plain loops over ndarrays, exactly, in small integers.

use crate::strategies::{config, layouts, seeds, shapes, sizes};
use ndarray::{ArrayD, Axis, Slice, concatenate, stack};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wengert::Tape;

proptest! {
    #![proptest_config(config(1))]

    /// Stacks of matrices that broadcast, and vectors, element by element; exactly, in small integers.
    #[test]
    fn matrix_products(
        (b, m, k, n) in (sizes(), sizes(), sizes(), sizes()), form in 0_usize..6, layout in layouts(), mut seed in seeds(),
    ) {
        let (left, right) = match form {
            0 => (vec![m, k], vec![k, n]),
            1 => (vec![b, m, k], vec![k, n]),
            2 => (vec![m, k], vec![b, k, n]),
            3 => (vec![b, m, k], vec![1, k, n]),
            4 => (vec![k], vec![b, k, n]),
            _ => (vec![b, m, k], vec![k]),
        };
        let [x, y] = [&left, &right].map(|shape| seed.integers(shape));
        let tape = Tape::<f64>::new();
        let (p, q) = (tape.leaf("x", layout.place(&x)), tape.leaf("y", layout.place(&y)));
        let z = p.matmul(q);

        let (wide, tall) = (left.len() > 1, right.len() > 1);
        let x3 = x.to_shape((if left.len() > 2 { b } else { 1 }, if wide { m } else { 1 }, k)).expect("ones added");
        let stacks = if right.len() > 2 && form != 3 { b } else { 1 };
        let y3 = y.to_shape((stacks, k, if tall { n } else { 1 })).expect("ones added");
        let batch = if left.len() > 2 { b } else { stacks };
        let (mut dx, mut dy) = (x3.to_owned() * 0.0, y3.to_owned() * 0.0);
        let u = seed.integers(&z.shape());
        let u3 = u.to_shape((batch, if wide { m } else { 1 }, if tall { n } else { 1 })).expect("ones added");
        let mut z3 = u3.to_owned() * 0.0;
        for ((s, i, j), u) in u3.indexed_iter() {
            for l in 0..k {
                let (a, c) = ((s.min(x3.dim().0 - 1), i, l), (s.min(y3.dim().0 - 1), l, j));
                z3[(s, i, j)] += x3[a] * y3[c];
                dx[a] += u * y3[c];
                dy[c] += u * x3[a];
            }
        }
        prop_assert!(z.value().iter().eq(&z3), "{} and {z3}", z.value());
        let grads = z.backward_with(&u);
        prop_assert!(grads[p].value().iter().eq(&dx), "{} and {dx}", grads[p].value());
        prop_assert!(grads[q].value().iter().eq(&dy), "{} and {dy}", grads[q].value());
    }

    /// Joining, cutting and looking up move elements, and their cotangents back to where they came from.
    #[test]
    fn rearrangements(
        shape in shapes(1..=3), axis in any::<Index>(), others in vec(0_usize..4, 2), places in vec(any::<Index>(), 0..5),
        mut seed in seeds(),
    ) {
        let axis = axis.index(shape.len());
        let (n, along) = (shape[axis], axis.cast_signed());
        let tape = Tape::<f64>::new();
        let resized = |n| { let mut shape = shape.clone(); shape[axis] = n; shape };
        let parts: Vec<_> = [n, others[0], others[1]].map(|n| seed.integers(&resized(n))).into();
        let vars: Vec<_> = parts.iter().map(|part| tape.leaf("part", part)).collect();
        let joined = tape.concat(along, &vars);
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let expected = concatenate(Axis(axis), &views).expect("they fit");
        prop_assert_eq!(joined.value(), &expected);
        let back = joined.backward_with(&expected);
        let cut = joined.narrow(along, n, others[0]);
        prop_assert_eq!(cut.value(), expected.slice_axis(Axis(axis), Slice::from(n..n + others[0])));
        for (var, part) in vars.iter().zip(&parts) {
            prop_assert_eq!(back[*var].value(), part);
        }

        let places: Vec<usize> = places.iter().filter(|_| n > 0).map(|place| place.index(n)).collect();
        let taken = vars[0].take(along, &places);
        prop_assert_eq!(taken.value(), parts[0].select(Axis(axis), &places));
        let u = seed.integers(&taken.shape());
        let mut spread = ArrayD::<f64>::zeros(shape.as_slice());
        for (lane, &place) in u.axis_iter(Axis(axis)).zip(&places) {
            spread.index_axis_mut(Axis(axis), place).zip_mut_with(&lane, |sum, u| *sum += u);
        }
        prop_assert_eq!(taken.backward_with(&u)[vars[0]].value(), &spread);
        prop_assert_eq!(tape.constant(&u).scatter_add(along, &places, n).value(), &spread);
    }

    /// Every pair of elements is multiplied, and stacking undoes itself.
    #[test]
    fn outer_and_stack([left, right] in [shapes(0..=2), shapes(0..=2)], mut seed in seeds()) {
        let [x, y] = [&left, &right].map(|shape| seed.integers(shape));
        let tape = Tape::<f64>::new();
        let (a, b) = (tape.leaf("x", &x), tape.leaf("y", &y));
        let z = a.outer(b);
        prop_assert_eq!(z.shape(), [left, right].concat());
        let products: Vec<f64> = x.iter().flat_map(|a| y.iter().map(move |b| a * b)).collect();
        prop_assert!(z.value().iter().eq(&products));
        let grads = z.backward_with(ArrayD::ones(z.shape()));
        prop_assert_eq!(grads[a].value(), &(&x * 0.0 + y.sum()));
        let pair = tape.stack(-1, [a, a * 2.0]);
        prop_assert_eq!(pair.value(), stack(Axis(x.ndim()), &[x.view(), (&x * 2.0).view()]).expect("equal shapes"));
        prop_assert_eq!(pair.backward_with(ArrayD::ones(pair.shape()))[a].value(), &(&x * 0.0 + 3.0));
    }
}
