//! README's moving picture is what the library says today.

use browser::strip::strip;

#[test]
fn the_moving_picture_is_of_this_version() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/pictures/list.svg");
    let now = strip();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &now).expect("the picture is written");
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        kept == now,
        "browser/pictures/list.svg is of another version: `UPDATE_GOLDEN=1 cargo test -p browser moving`"
    );
    assert!(now.len() < 16_384, "{} bytes", now.len());
}
