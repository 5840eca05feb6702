//! How fast tags get rare.

use maud::{Markup, html};
use tag_frequency::{FrequencyClass, RankPoint, RankedTag, TableError};
use tag_vocabulary::TagKind;

use super::kinds::plural;
use super::numbers::{count, percent, share};
use super::plot::{Axes, Canvas, LogAxis, NARROW, WIDE};
use super::{ReportData, counted};

/// The curve of a kind, with the tags themselves.
struct Curve<'a> {
    kind: TagKind,
    points: Vec<(RankPoint, &'a RankedTag)>,
}

/// Both axes of the plot.
struct Scales {
    rank: LogAxis,
    images: LogAxis,
}

pub fn section(data: &ReportData<'_>) -> Result<Markup, TableError> {
    let classes = data.table.frequency_classes()?;
    let curves = TagKind::ALL.into_iter().map(|kind| curve(data, kind)).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        section aria-labelledby="frequency" {
            h2 id="frequency" { "A few tags are everywhere, most are rare" }
            p {
                "Each line holds the tags of one kind, most frequent first. Both axes are "
                "logarithmic; a straight fall would be Zipf’s law."
            }
            div.with-table {
                figure {
                    (legend())
                    (plot(&WIDE, &curves))
                    (plot(&NARROW, &curves))
                }
                (class_table(&classes))
            }
        }
    })
}

fn curve<'a>(data: &ReportData<'a>, kind: TagKind) -> Result<Curve<'a>, TableError> {
    let of_kind: Vec<_> = data.ranking.tags.iter().filter(|tag| tag.tag.kind == kind).collect();
    let points = data.table.rank_frequency(kind)?;
    let with_tag = |point: RankPoint| Some((point, *of_kind.get(point.rank as usize - 1)?));
    Ok(Curve { kind, points: points.into_iter().filter_map(with_tag).collect() })
}

fn plot(canvas: &Canvas, curves: &[Curve<'_>]) -> Markup {
    let points = || curves.iter().flat_map(|curve| &curve.points).map(|(point, _)| point);
    let scales = Scales {
        rank: LogAxis::new(points().map(|point| u64::from(point.rank)).max().unwrap_or(1)),
        images: LogAxis::new(points().map(|point| point.images).max().unwrap_or(1)),
    };
    let axes = Axes {
        x: scales.rank.ticks(),
        y: scales.images.ticks(),
        x_label: "rank of the tag among its kind",
        y_label: "images with the tag",
    };
    let description = "Images by rank, one falling line for each kind of tag.";
    canvas.draw(
        description,
        &axes,
        html! {
            @for curve in curves {
                (line(canvas, &scales, curve))
            }
            @for curve in curves {
                (hover_points(canvas, &scales, curve))
            }
        },
    )
}

impl Scales {
    fn place(&self, point: &RankPoint) -> (f64, f64) {
        (self.rank.fraction(point.rank.into()), self.images.fraction(point.images))
    }
}

fn line(canvas: &Canvas, scales: &Scales, curve: &Curve<'_>) -> Markup {
    let places = curve.points.iter().map(|(point, _)| scales.place(point));
    html! {
        path.curve data-kind=(curve.kind) d=(canvas.path(places)) {}
    }
}

fn hover_points(canvas: &Canvas, scales: &Scales, curve: &Curve<'_>) -> Markup {
    html! {
        @for (point, tag) in &curve.points {
            @let rank = count(point.rank.into());
            @let images = counted(point.images, "image");
            (canvas.hover(scales.place(point), &format!("{rank}. {}: {images}", tag.tag.name)))
        }
    }
}

fn legend() -> Markup {
    html! {
        ul.key aria-label="Kinds of tags" {
            @for kind in TagKind::ALL {
                li {
                    svg.swatch viewBox="0 0 36 8" aria-hidden="true" {
                        path.curve data-kind=(kind) d="M2 4H34" {}
                    }
                    (plural(kind))
                }
            }
        }
    }
}

fn class_table(classes: &[FrequencyClass]) -> Markup {
    let all = classes.first().map_or(0, |class| class.tags);
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { "Tags in at least" }
                        th scope="col" { "Tags" }
                        th scope="col" { "Share of all" }
                    }
                }
                tbody {
                    @for class in classes {
                        tr {
                            th scope="row" { (counted(class.images, "image")) }
                            td { (count(class.tags)) }
                            td { (percent(share(class.tags, all))) }
                        }
                    }
                }
            }
        }
    }
}
