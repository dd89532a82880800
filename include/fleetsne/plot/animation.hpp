#pragma once

#include <span>
#include <string>
#include <vector>

namespace fleetsne::plot {

/// How long an animation shows its frames.
struct Timing {
  double frame_seconds = 0.2;
  double last_seconds = 2;  ///< of the last one, before it begins anew
};

/// Longest time that a frame of the format can stand.
inline constexpr double longest_frame_seconds = 65.535;

/// Pictures of the same size as one animated PNG that plays over and over; where animation is not known the
/// first picture is seen.                                       [APNG: PNG specification, third edition,
/// section 11.3.6]
/// @param pngs  as encode_png makes them, at least one
std::vector<unsigned char> assemble_animation(std::span<const std::vector<unsigned char>> pngs,
                                              const Timing& timing);

/// What a frame is called by the file that it comes from: the name without its ending, words apart, numbers
/// without leading zeros ("snapshot_00250.npy" is "snapshot 250").
std::string frame_caption(const std::string& file);

}  // namespace fleetsne::plot
