//! The lines of source that recorded the rows: where they are, and their text where that is sure to be theirs.

use super::json::Json;
use std::collections::HashMap;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The places that rows were recorded at, each once.
pub(super) struct Sources {
    /// The directory that relative paths start from; where it is not known, another file could be meant.
    root: Option<PathBuf>,
    /// When the program was built. A file that was changed later has other lines than it was built from.
    built: Option<SystemTime>,
    files: HashMap<&'static str, Option<Vec<String>>>,
    known: HashMap<(&'static str, u32, u32), usize>,
    places: Vec<Json>,
}

impl Sources {
    pub fn new(root: Option<&Path>) -> Self {
        let program = std::env::current_exe().and_then(std::fs::metadata);
        Self {
            root: root.map(Path::to_path_buf),
            built: program.and_then(|program| program.modified()).ok(),
            files: HashMap::new(),
            known: HashMap::new(),
            places: Vec::new(),
        }
    }

    /// The number of a place.
    pub fn at(&mut self, at: &'static Location<'static>) -> usize {
        let key = (at.file(), at.line(), at.column());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let mut place: Vec<Json> = vec![at.file().into(), (at.line() as usize).into()];
        place.extend(self.text(at).map(Json::from));
        self.places.push(Json::List(place));
        self.known.insert(key, self.places.len() - 1);
        self.places.len() - 1
    }

    fn text(&mut self, at: &'static Location<'static>) -> Option<String> {
        if !self.files.contains_key(at.file()) {
            let lines = self.read(Path::new(at.file()));
            self.files.insert(at.file(), lines);
        }
        let line = self.files[at.file()].as_ref()?.get(at.line() as usize - 1)?;
        // The place is within the line, or it is another line.
        (line.chars().count() >= at.column() as usize).then(|| line.trim().to_owned())
    }

    fn read(&self, file: &Path) -> Option<Vec<String>> {
        let file = if file.is_absolute() { file.to_path_buf() } else { self.root.as_ref()?.join(file) };
        let changed = std::fs::metadata(&file).ok()?.modified().ok()?;
        let text =
            std::fs::read_to_string(file).ok().filter(|_| self.built.is_none_or(|built| changed <= built));
        Some(text?.lines().map(str::to_owned).collect())
    }

    pub fn into_json(self) -> Json {
        Json::List(self.places)
    }
}
