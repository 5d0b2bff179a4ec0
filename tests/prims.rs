//! What the primitives say of themselves.

use wengert::Prim;

/// The first primitive of this name.
fn prim(name: &str) -> Prim {
    Prim::all().into_iter().find(|prim| prim.name() == name).expect("the library has it")
}

#[test]
fn formulas() {
    let all: Vec<(&str, String)> = Prim::all().iter().map(|prim| (prim.name(), prim.formula())).collect();
    assert!(all.iter().all(|(name, formula)| !name.is_empty() && !formula.is_empty()), "{all:?}");
    let formula = |name| prim(name).formula();
    assert_eq!(formula("tanh"), "tanh(a)");
    assert_eq!(formula("sub"), "a - b");
    assert_eq!(formula("sum"), "Σ a over axes 0, 1");
    assert_eq!(formula("select"), "b where a ≠ 0, else c");
    assert_eq!(formula("slice"), "a[0:2:2, 0:4:2]");
    assert!(formula("pad").contains("1 before, 2 after, 1 between"), "{}", formula("pad"));
    assert_eq!(formula("take"), "a at b along axis 0");
}

#[test]
fn numbers_of_operands() {
    for (name, arity) in [
        ("input", Some(0)),
        ("neg", Some(1)),
        ("mul", Some(2)),
        ("gt", Some(2)),
        ("select", Some(3)),
        ("concat", None),
    ] {
        assert_eq!(prim(name).arity(), arity, "{name}");
    }
}

/// Name, points in the domain, points outside of it.
type Domains<'a> = (&'a str, &'a [&'a [f64]], &'a [&'a [f64]]);

#[test]
fn domains() {
    let table: [Domains<'_>; 7] = [
        ("log", &[&[1e-9]], &[&[0.0], &[-1.0]]),
        ("log1p", &[&[-0.5], &[0.0]], &[&[-1.0], &[-2.0]]),
        ("sqrt", &[&[1e-9]], &[&[0.0], &[-1.0]]),
        ("reciprocal", &[&[1.0], &[-1.0]], &[&[0.0]]),
        ("div", &[&[0.0, 1.0], &[1.0, -1.0]], &[&[1.0, 0.0]]),
        ("pow", &[&[0.5, -2.0]], &[&[0.0, 2.0], &[-1.0, 2.0]]),
        ("atan2", &[&[1.0, 0.0], &[0.0, 1.0], &[-1.0, -1.0]], &[&[0.0, 0.0], &[0.0, -1.0]]),
    ];
    for (name, inside, outside) in table {
        let domain = prim(name).domain();
        assert!(inside.iter().all(|point| domain.contains(point)), "{name}: {}", domain.text);
        assert!(!outside.iter().any(|point| domain.contains(point)), "{name}: {}", domain.text);
        assert!(!domain.text.is_empty());
    }
}

#[test]
fn kinks() {
    let table: [Domains<'_>; 5] = [
        ("abs", &[&[0.0]], &[&[1.0], &[-1.0]]),
        ("sign", &[&[0.0]], &[&[1.0], &[-1.0]]),
        ("maximum", &[&[2.0, 2.0]], &[&[2.0, 1.0], &[1.0, 2.0]]),
        ("minimum", &[&[2.0, 2.0]], &[&[2.0, 1.0], &[1.0, 2.0]]),
        ("max", &[&[3.0, 1.0, 3.0]], &[&[3.0, 1.0, 1.0], &[1.0]]),
    ];
    for (name, at, off) in table {
        let kinks = prim(name).domain().kinks.expect(name);
        assert!(at.iter().all(|point| kinks.contains(point)), "{name}: {}", kinks.convention);
        assert!(!off.iter().any(|point| kinks.contains(point)), "{name}: {}", kinks.convention);
    }
    assert!(prim("exp").domain().kinks.is_none());
}
