#pragma once

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace fleetsne::run {

/// A report as one HTML page that needs nothing beside it: no other file, no network, no script. It shows the
/// picture, the KL curve, what the stages took, every counter, every option, and what the run was made from;
/// of a run that failed, why. Light or dark as the reader's system is.
/// @param report   as to_json(Report) makes it; what it lacks is left out of the page
/// @param picture  a PNG; empty: none
/// All text is escaped, and bytes that are not UTF-8 are replaced. Not collective.
std::string report_page(const nlohmann::json& report, std::span<const unsigned char> picture);

/// CSS that our pages share.
extern const char* const page_style;

/// Text as it stands in HTML, also between quotes; characters that HTML has no place for become U+FFFD.
std::string html_escaped(std::string_view text);

/// Bytes in the alphabet of data URLs.                                                    [RFC 4648, section
/// 4]
std::string base64(std::span<const unsigned char> bytes);

}  // namespace fleetsne::run
