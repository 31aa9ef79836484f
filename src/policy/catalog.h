// The stored policies as decisions see them: each name with its current version. Immutable; an update makes a new one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/policy.h"

namespace pawl::policy {

struct CatalogEntry {
  std::uint32_t version = 1;
  PolicyConfig config;
};

// A policy of one kind, and its version; nullptr: there is none of that name and kind.
template <class Config>
struct Found {
  const Config* config = nullptr;
  std::uint32_t version = 0;
};

class Catalog {
 public:
  void put(std::string name, CatalogEntry entry) { entries_.insert_or_assign(std::move(name), std::move(entry)); }

  template <class Config>
  [[nodiscard]] Found<Config> find(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return {};
    return {.config = std::get_if<Config>(&found->second.config), .version = found->second.version};
  }
  // Whether there is a policy of that name and kind.
  [[nodiscard]] bool has(const PolicyReference& reference) const {
    const auto found = entries_.find(reference.name);
    return found != entries_.end() && found->second.config.index() == static_cast<std::size_t>(reference.kind);
  }

 private:
  boost::unordered_flat_map<std::string, CatalogEntry> entries_;
};

using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace pawl::policy
