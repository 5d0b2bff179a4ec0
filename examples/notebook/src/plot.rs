//! The loss curve as a picture.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;

// The colours of the library's own pictures.
const PAPER: RGBColor = RGBColor(0xfb, 0xfa, 0xf6);
const HAIR: RGBColor = RGBColor(0xeb, 0xe7, 0xde);
const SOFT: RGBColor = RGBColor(0x5a, 0x62, 0x6c);
const INK: RGBColor = RGBColor(0x1c, 0x21, 0x27);
const TRAIN: RGBColor = RGBColor(0x1b, 0x5f, 0xb4);
const VAL: RGBColor = RGBColor(0xd8, 0x62, 0x1a);
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/// Writes both losses over the epochs as an SVG file: `train[i]` before epoch i's step, `val[i]` after it.
///
/// The loss axis is logarithmic if the losses span a factor of 10 or more. Losses that are not finite leave no mark.
pub fn draw(path: &Path, title: &str, train: &[f64], val: &[f64]) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, (900, 540)).into_drawing_area();
        area.fill(&PAPER)?;
        let finite = || train.iter().chain(val).copied().filter(|loss| loss.is_finite());
        let (low, high) = finite().fold((f64::INFINITY, 0.0_f64), |(l, h), loss| (l.min(loss), h.max(loss)));
        if low > 0.0 && high / low >= 10.0 {
            lines(&area, title, "loss (logarithmic)", (low / 1.2..high * 1.2).log_scale(), train, val)?;
        } else {
            lines(&area, title, "loss", 0.0..(high * 1.05).max(1e-9), train, val)?;
        }
        area.present()?;
    }
    fs::write(path, picture)?;
    Ok(())
}

fn lines<Y>(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    loss_axis: &str,
    y: impl plotters::coord::ranged1d::AsRangedCoord<CoordDescType = Y, Value = f64>,
    train: &[f64],
    val: &[f64],
) -> Result<(), Box<dyn Error>>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 20).into_font().color(&INK))
        .margin(24)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d(0..val.len().max(1), y)?;
    chart
        .configure_mesh()
        .x_desc("epochs")
        .y_desc(loss_axis)
        .x_label_formatter(&ToString::to_string)
        .y_label_formatter(&|loss| format!("{loss}"))
        .label_style((FONT, 13).into_font().color(&SOFT))
        .axis_desc_style((FONT, 13).into_font().color(&SOFT))
        .axis_style(SOFT.mix(0.4))
        .disable_x_mesh()
        .bold_line_style(HAIR)
        .light_line_style(PAPER)
        .draw()?;
    let dot = if val.len() <= 40 { 3 } else { 0 }; // A short run's points are seen; a long one's would blur.
    for (name, color, start, losses) in [("training", TRAIN, 0, train), ("validation", VAL, 1, val)] {
        let points = losses.iter().enumerate().map(|(i, &loss)| (i + start, loss));
        let points = points.filter(|(_, loss)| loss.is_finite());
        chart
            .draw_series(LineSeries::new(points, color.filled().stroke_width(2)).point_size(dot))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], color.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(16)
        .legend_area_size(34)
        .label_font((FONT, 13).into_font().color(&INK))
        .background_style(PAPER)
        .draw()?;
    Ok(())
}
