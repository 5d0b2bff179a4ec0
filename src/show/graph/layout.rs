//! Where nodes and arrows are: a layered layout.
//!
//! **Algorithm.** A *stretch* is nodes of one cluster that follow each other; stretches stand below each other, so that each
//! is a box of its own. Within one a node's layer is the longest way to it from the top; what takes nothing
//! from its stretch is moved down to just above the first node that takes it. An arrow over several layers gets a *bend* in each of those between. Layers are
//! put in order by barycentres, down and up a few times, and the order with the fewest crossings is kept. Then nodes move
//! towards the middle of their neighbours as far as the order allows.
//!
//! An arrow from one stretch to another, or over many layers, would cross all that is between. Instead a *reference* stands
//! above the node that takes it, with the name of what is meant; one for all that take it nearby.

use super::model::Model;

/// Width and height of a box.
pub(super) type Size = [f64; 2];

/// Between boxes of a layer, and between layers.
pub(super) const BESIDE: f64 = 22.0;
pub(super) const BELOW: f64 = 40.0;
/// Around the boxes of a stretch; above them there is a line of text.
pub(super) const AROUND: f64 = 18.0;
pub(super) const HEAD: f64 = 30.0;
/// Between stretches.
const BETWEEN: f64 = 26.0;
/// What an arrow takes that passes.
const PASSING: f64 = 10.0;
/// Layers that an arrow may pass.
const FAR: usize = 12;
/// Layers that one reference serves below the first.
const NEAR: usize = 2;
/// Down and up so many times.
const SWEEPS: usize = 6;

/// A box at its place: the middle of its upper side, and its size.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub what: What,
    pub x: f64,
    pub y: f64,
    pub size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Node(usize),
    /// Stands for a node far above.
    Reference(usize),
    /// Where an arrow passes.
    Bend,
}

/// A stretch's box: left, top, width and height.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub cluster: usize,
    pub is_continued: bool,
    pub at: [f64; 2],
    pub size: Size,
}

/// An arrow: which boxes it starts and ends at, and the bends on its way.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    /// Box, bends, box.
    pub way: Vec<usize>,
    pub uses: usize,
}

#[derive(Debug, Default)]
pub(super) struct Layout {
    pub boxes: Vec<Placed>,
    pub frames: Vec<Frame>,
    pub arrows: Vec<Arrow>,
    pub size: Size,
}

/// Lays it out. Sizes are those of nodes, and of references to them.
pub(super) fn layout(model: &Model, sizes: &[Size], references: &[Size]) -> Layout {
    let mut all = Layout::default();
    let mut seen = vec![false; model.clusters.len()];
    let mut from = 0;
    while from < model.nodes.len() {
        let cluster = model.nodes[from].cluster;
        let to = from + model.nodes[from..].iter().take_while(|node| node.cluster == cluster).count();
        let stretch = Stretch::of(model, from..to, sizes, references);
        stretch.place(&mut all, cluster, std::mem::replace(&mut seen[cluster], true));
        from = to;
    }
    // Frames are as wide as the widest, and what is in them stands in the middle.
    let wide = all.frames.iter().map(|frame| frame.size[0]).fold(0.0, f64::max);
    let mut of = 0;
    for frame in &mut all.frames {
        let by = (wide - frame.size[0]) / 2.0;
        let end = frame.at[1] + frame.size[1];
        while of < all.boxes.len() && all.boxes[of].y < end {
            all.boxes[of].x += by;
            of += 1;
        }
        frame.size[0] = wide;
    }
    all.size = [wide, all.frames.last().map_or(0.0, |frame| frame.at[1] + frame.size[1])];
    all
}

/// A stretch while it is laid out. Its boxes have numbers of their own.
struct Stretch {
    what: Vec<What>,
    size: Vec<Size>,
    layer: Vec<usize>,
    layers: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    arrows: Vec<Arrow>,
    x: Vec<f64>,
}

impl Stretch {
    fn of(model: &Model, nodes: std::ops::Range<usize>, sizes: &[Size], references: &[Size]) -> Self {
        let (first, count) = (nodes.start, nodes.len());
        let mut stretch = Self {
            what: nodes.clone().map(What::Node).collect(),
            size: sizes[nodes.clone()].to_vec(),
            layer: vec![0; count],
            layers: Vec::new(),
            above: Vec::new(),
            below: Vec::new(),
            arrows: Vec::new(),
            x: Vec::new(),
        };
        // Edges are in order of where they go to.
        let start = model.edges.partition_point(|edge| edge.to < nodes.start);
        let edges: Vec<_> = model.edges[start..].iter().take_while(|edge| edge.to < nodes.end).collect();
        let mut ways: Vec<([usize; 2], usize)> = Vec::new();
        let mut is_fed = vec![false; count];
        let mut lowest = vec![usize::MAX; count];
        for edge in &edges {
            let to = edge.to - first;
            if edge.from >= first {
                let from = edge.from - first;
                is_fed[to] = true;
                stretch.layer[to] = stretch.layer[to].max(stretch.layer[from] + 1);
                ways.push(([from, to], edge.uses));
            } else {
                // There is a layer above for what it refers to.
                stretch.layer[to] = stretch.layer[to].max(1);
            }
        }
        for ([from, to], _) in &ways {
            lowest[*from] = lowest[*from].min(stretch.layer[*to] - 1);
        }
        for node in (0..count).filter(|node| lowest[*node] != usize::MAX && !is_fed[*node]) {
            stretch.layer[node] = lowest[node];
        }
        let mut from_elsewhere: Vec<_> = edges.iter().filter(|edge| edge.from < first).collect();
        from_elsewhere.sort_by_key(|edge| stretch.layer[edge.to - first]);
        for edge in from_elsewhere {
            stretch.refer(edge.from, edge.to - first, edge.uses, references, &mut ways);
        }
        ways.sort_by_key(|(way, _)| stretch.layer[way[1]]);
        for (way, uses) in std::mem::take(&mut ways) {
            match stretch.what[way[0]] {
                What::Node(node) if stretch.layer[way[1]] > stretch.layer[way[0]] + FAR => {
                    stretch.refer(node, way[1], uses, references, &mut ways);
                }
                _ => ways.push((way, uses)),
            }
        }
        stretch.bend(ways);
        stretch.order();
        stretch.spread();
        stretch
    }

    /// An arrow from a reference to what stands elsewhere: one that is near already, or a new one just above.
    fn refer(
        &mut self,
        node: usize,
        to: usize,
        uses: usize,
        references: &[Size],
        ways: &mut Vec<([usize; 2], usize)>,
    ) {
        let above = self.layer[to] - 1;
        let is_near = |of: &usize| {
            self.what[*of] == What::Reference(node)
                && self.layer[*of] <= above
                && self.layer[*of] + NEAR >= above
        };
        let known = (0..self.what.len()).find(is_near);
        let reference = known.unwrap_or_else(|| self.add(What::Reference(node), references[node], above));
        ways.push(([reference, to], uses));
    }

    fn add(&mut self, what: What, size: Size, layer: usize) -> usize {
        self.what.push(what);
        self.size.push(size);
        self.layer.push(layer);
        self.what.len() - 1
    }

    /// Arrows, with bends in the layers between.
    fn bend(&mut self, ways: Vec<([usize; 2], usize)>) {
        for ([from, to], uses) in ways {
            let mut way = vec![from];
            for layer in self.layer[from] + 1..self.layer[to] {
                way.push(self.add(What::Bend, [PASSING, 0.0], layer));
            }
            way.push(to);
            self.arrows.push(Arrow { way, uses });
        }
        let all = self.what.len();
        (self.above, self.below) = (vec![Vec::new(); all], vec![Vec::new(); all]);
        for step in self.arrows.iter().flat_map(|arrow| arrow.way.windows(2)) {
            self.below[step[0]].push(step[1]);
            self.above[step[1]].push(step[0]);
        }
        self.layers = vec![Vec::new(); self.layer.iter().max().map_or(0, |last| last + 1)];
        for (of, layer) in self.layer.iter().enumerate() {
            self.layers[*layer].push(of);
        }
    }

    /// Puts each layer in the order of what its boxes hang on.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let is_down = sweep % 2 == 0;
            let mut place = vec![0.0; self.what.len()];
            let note = |layer: &[usize], place: &mut Vec<f64>| {
                for (at, of) in layer.iter().enumerate() {
                    place[*of] = real(at) + 0.5 - real(layer.len()) / 2.0;
                }
            };
            self.layers.iter().for_each(|layer| note(layer, &mut place));
            let count = self.layers.len();
            for step in 0..count {
                let layer = if is_down { step } else { count - 1 - step };
                let near = if is_down { &self.above } else { &self.below };
                let wish =
                    |of: &usize| mean(near[*of].iter().map(|other| place[*other])).unwrap_or(place[*of]);
                let mut wished: Vec<(f64, usize)> =
                    self.layers[layer].iter().map(|of| (wish(of), *of)).collect();
                wished.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.layers[layer] = wished.into_iter().map(|(_, of)| of).collect();
                note(&self.layers[layer], &mut place);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// How many pairs of arrows cross.
    fn crossings(&self) -> usize {
        let mut place = vec![0; self.what.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(at, of)| place[*of] = at);
        }
        let mut crossings = 0;
        for layer in &self.layers {
            // Of arrows in order of where they start, those before that end further right: counted in a tree of sums.
            let ends: Vec<usize> = layer
                .iter()
                .flat_map(|of| {
                    let mut ends: Vec<usize> = self.below[*of].iter().map(|other| place[*other]).collect();
                    ends.sort_unstable();
                    ends
                })
                .collect();
            let width = ends.iter().max().map_or(0, |most| most + 1);
            let mut tree = vec![0; width + 1];
            for (before, end) in ends.iter().enumerate() {
                let (mut at, mut left) = (end + 1, 0);
                while at > 0 {
                    left += tree[at];
                    at &= at - 1;
                }
                crossings += before - left;
                at = end + 1;
                while at <= width {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
        crossings
    }

    /// Moves boxes towards the middle of their neighbours. Each wish is fulfilled from the left, and from the right, as
    /// far as those beside it allow; the mean of both leaves as much room between boxes as either.
    fn spread(&mut self) {
        self.x = vec![0.0; self.what.len()];
        for layer in self.layers.clone() {
            let wishes = vec![0.0; layer.len()];
            self.settle(&layer, &wishes);
        }
        for round in 0..24 {
            let count = self.layers.len();
            // The bends of an arrow would rather be upright than each in the middle.
            let mut upright = vec![None; self.what.len()];
            for arrow in &self.arrows {
                let middle = mean(arrow.way.iter().map(|of| self.x[*of]));
                arrow.way[1..arrow.way.len() - 1].iter().for_each(|of| upright[*of] = middle);
            }
            for step in 0..count {
                let layer = self.layers[if round % 2 == 0 { step } else { count - 1 - step }].clone();
                let wishes: Vec<f64> = layer
                    .iter()
                    .map(|of| {
                        let near: &mut dyn Iterator<Item = &usize> = match round % 4 {
                            0 => &mut self.above[*of].iter(),
                            1 => &mut self.below[*of].iter(),
                            _ => &mut self.above[*of].iter().chain(&self.below[*of]),
                        };
                        upright[*of].or_else(|| mean(near.map(|other| self.x[*other]))).unwrap_or(self.x[*of])
                    })
                    .collect();
                self.settle(&layer, &wishes);
            }
        }
    }

    fn settle(&mut self, layer: &[usize], wishes: &[f64]) {
        let apart = |left: usize, right: usize| {
            let [a, b] = [left, right].map(|of| self.size[of][0] / 2.0);
            let is_bend = |of: usize| self.what[of] == What::Bend;
            a + b + if is_bend(left) && is_bend(right) { 0.0 } else { BESIDE }
        };
        let mut left = wishes.to_vec();
        for at in 1..layer.len() {
            left[at] = left[at].max(left[at - 1] + apart(layer[at - 1], layer[at]));
        }
        let mut right = wishes.to_vec();
        for at in (1..layer.len()).rev() {
            right[at - 1] = right[at - 1].min(right[at] - apart(layer[at - 1], layer[at]));
        }
        for (at, of) in layer.iter().enumerate() {
            self.x[*of] = f64::midpoint(left[at], right[at]);
        }
    }

    /// Below what is there already.
    fn place(self, all: &mut Layout, cluster: usize, is_continued: bool) {
        let edge = |of: usize, side: f64| self.x[of] + side * self.size[of][0] / 2.0;
        let boxes = || 0..self.what.len();
        let left = boxes().map(|of| edge(of, -1.0)).fold(f64::INFINITY, f64::min);
        let right = boxes().map(|of| edge(of, 1.0)).fold(f64::NEG_INFINITY, f64::max);
        let top = all.frames.last().map_or(0.0, |frame| frame.at[1] + frame.size[1] + BETWEEN);
        let mut y = top + HEAD + AROUND / 2.0;
        let mut new = vec![0; self.what.len()];
        for layer in &self.layers {
            let high = layer.iter().map(|of| self.size[*of][1]).fold(0.0, f64::max);
            for of in layer {
                new[*of] = all.boxes.len();
                let size = self.size[*of];
                // What is lower stands at the foot of its layer, near to what takes it; an arrow passes all of it.
                let (size, down) = match self.what[*of] {
                    What::Bend => ([size[0], high], 0.0),
                    _ => (size, high - size[1]),
                };
                all.boxes.push(Placed {
                    what: self.what[*of],
                    x: self.x[*of] - left + AROUND,
                    y: y + down,
                    size,
                });
            }
            y += high + BELOW;
        }
        let size = [right - left + 2.0 * AROUND, y - BELOW + AROUND - top];
        all.frames.push(Frame { cluster, is_continued, at: [0.0, top], size });
        all.arrows.extend(
            self.arrows.into_iter().map(|arrow| Arrow {
                way: arrow.way.into_iter().map(|of| new[of]).collect(),
                uses: arrow.uses,
            }),
        );
    }
}

fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for x in of {
        sum += x;
        count += 1;
    }
    (count > 0).then(|| sum / real(count))
}

#[allow(clippy::cast_precision_loss)] // Boxes are few.
fn real(n: usize) -> f64 {
    n as f64
}
