//! Room 7, the window: what a tape looks like to people.

mod derivative;
mod table;
mod text;
