//! Curves in the terminal, of Braille dots: two by four in each character.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Places on a picture.

/// Characters across; with the numbers before them and the names behind, 80 columns at most.
const WIDTH: usize = 56;

/// A character's dots, by row and column.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Losses, all finite, a tenth of a nat to the line, over the number of the step, from 1 on, on a logarithmic axis. Each
/// curve has its name at its end, of ten letters at most.
pub fn curves(curves: &[(&str, Vec<f32>)]) -> String {
    let steps = curves.iter().map(|(_, losses)| losses.len()).max().unwrap_or(0).max(2);
    let lines: Vec<Vec<f32>> = curves.iter().map(|(_, losses)| line(losses, steps)).collect();
    let (low, high) = lines.iter().flatten().fold((f32::MAX, 0.0_f32), |(l, h), y| (l.min(*y), h.max(*y)));
    let [top, bottom] = [high, low].map(|loss| (10.0 * loss).round() as usize);

    // A line of text is around the loss beside it, half a tenth to each side.
    let dot =
        |loss: f32| (40.0 * (top as f32 / 10.0 + 0.05 - loss)).clamp(0.0, (4 * (top - bottom) + 3) as f32);
    let mut cells = vec![[0_u8; WIDTH]; top - bottom + 1];
    for line in &lines {
        let mut from = dot(line[0]) as usize;
        for (column, loss) in line.iter().enumerate() {
            let to = dot(*loss) as usize;
            for dot in from.min(to)..=from.max(to) {
                cells[dot / 4][column / 2] |= DOTS[dot % 4][column % 2];
            }
            from = to;
        }
    }

    let mut picture = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let loss = top - row;
        let axis = if loss.is_multiple_of(2) {
            format!("{}.{} ┤", loss / 10, loss % 10)
        } else {
            "    │".into()
        };
        let dots = cells.iter().map(|dots| {
            if *dots == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ') }
        });
        let dots: String = dots.collect();
        let ends =
            curves.iter().zip(&lines).filter(|(_, line)| dot(line[line.len() - 1]) as usize / 4 == row);
        let ends: Vec<&str> = ends.map(|((name, _), _)| *name).collect();
        picture += format!("{axis}{dots} {}", ends.join(", ")).trim_end();
        picture.push('\n');
    }
    let (mut axis, mut numbers) = (vec!['─'; WIDTH], String::new());
    for step in (0..).map(|power| 10_usize.pow(power)).take_while(|step| *step <= steps) {
        let place = column(step, steps) / 2;
        axis[place] = '┬';
        numbers = format!("{numbers:place$}{step}");
    }
    let axis: String = axis.iter().collect();
    picture + "    └" + &axis + "\n     " + &numbers + " steps\n"
}

/// The column of dots of a step.
fn column(step: usize, steps: usize) -> usize {
    ((step as f32).ln() / (steps as f32).ln() * (2 * WIDTH - 1) as f32).round() as usize
}

/// For each column of dots the mean of its steps, and where it has none what lies between its neighbours'.
fn line(losses: &[f32], steps: usize) -> Vec<f32> {
    let mut line: Vec<f32> = Vec::new();
    let columns: Vec<usize> = (1..=losses.len()).map(|step| column(step, steps)).collect();
    let mut rest = losses;
    for steps in columns.chunk_by(|a, b| a == b) {
        let (here, after) = rest.split_at(steps.len());
        let mean = here.iter().sum::<f32>() / here.len() as f32;
        let (before, gap) = (line.last().copied().unwrap_or(mean), steps[0] + 1 - line.len());
        line.extend((1..=gap).map(|i| before + (mean - before) * i as f32 / gap as f32));
        rest = after;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_from_loss_to_loss() {
        let picture = curves(&[("halves", vec![0.4, 0.2, 0.2, 0.2, 0.2]), ("level", vec![0.4; 5])]);
        let lines: Vec<&str> = picture.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        let starts = ["0.4 ┤⠤⠤⠤", "    │   ", "0.2 ┤   ", "    └┬──", "     1 "];
        assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{picture}");
        assert!(lines[0].ends_with("⠤ level") && lines[2].ends_with("⠤ halves"), "{picture}");
    }

    #[test]
    fn a_column_is_the_mean_of_its_steps_and_a_gap_is_bridged() {
        let losses: Vec<f32> = (0..10_000).map(|step| if step % 2 == 0 { 1.0 } else { 3.0 }).collect();
        let line = line(&losses, losses.len());
        assert_eq!((line.len(), line[0], line[column(2, losses.len())]), (2 * WIDTH, 1.0, 3.0));
        assert!(line[..column(2, losses.len())].is_sorted() && (line[2 * WIDTH - 1] - 2.0).abs() < 0.01);
    }
}
