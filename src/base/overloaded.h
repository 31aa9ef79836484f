// One visitor made of several functions: std::visit(Overloaded{[](int) {...}, [](std::string) {...}}, value). An
// alternative that none of them takes does not compile.
#pragma once

namespace pawl {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace pawl
