//! What is not yet as it should be.

/// What the examiner does not do as it should yet, by function and version, and why. It is to become empty; what is no
/// longer needed is printed.
pub const KNOWN: &[(&str, &str, &str)] = &[
    ("cumsum", "total less what came before", "right, and refused: it cancels, as PyTorch once had it"),
    ("pairwise distances", "", "right, and refused: it cancels, in matrix form"),
    ("pairwise distances", "a loop", "right, and refused: sums of what cancels, by twice the tolerance"),
    (
        "prod away from 0",
        "divided",
        "right, and refused: products of whole numbers are held to be exact, and the quotient rounds",
    ),
    ("cumprod", "", "right, and refused: a factor that is exact is held to be so, and the quotient rounds"),
];
