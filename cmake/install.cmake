# What `cmake --install build/release --prefix DIR` puts there: one library with its headers and CMake package, the `pawl`
# binary, completions, the schema, and the documents. Nothing in it names DIR: the folder can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Installing installs what was built: of a part that was not, it says how to build it before anything is copied.
install(CODE "
  foreach(built IN ITEMS [[$<TARGET_FILE:pawl>]] [[$<TARGET_FILE:pawl_binary>]] [[${PROJECT_BINARY_DIR}/completions/fish]])
    if(NOT EXISTS \"\${built}\")
      message(FATAL_ERROR \"\${built} is not built yet: cmake --build ${PROJECT_BINARY_DIR} --target pawl_installable\")
    endif()
  endforeach()")

install(TARGETS pawl EXPORT pawl_targets FILE_SET HEADERS)
install(TARGETS pawl_binary)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pawl)
install(EXPORT pawl_targets FILE pawlTargets.cmake NAMESPACE pawl:: DESTINATION ${package_dir})
configure_package_config_file(cmake/pawlConfig.cmake.in ${PROJECT_BINARY_DIR}/pawlConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pawlConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pawlConfig.cmake ${PROJECT_BINARY_DIR}/pawlConfigVersion.cmake DESTINATION ${package_dir})

# For those who build without CMake. The prefix follows the file, wherever the folder is moved to.
file(RELATIVE_PATH PAWL_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PAWL_PREFIX "${PAWL_PREFIX}")
configure_file(cmake/pawl.pc.in ${PROJECT_BINARY_DIR}/pawl.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pawl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Each shell looks for another name in another folder.
set(completions ${PROJECT_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${completions})
foreach(shell bash zsh fish)
  add_custom_command(
    OUTPUT ${completions}/${shell}
    COMMAND pawl_binary completion ${shell} > ${completions}/${shell}
    DEPENDS pawl_binary
    VERBATIM)
endforeach()
add_custom_target(pawl_completions ALL DEPENDS ${completions}/bash ${completions}/zsh ${completions}/fish)
# All that is installed, and nothing else: ./dev run and ./dev install build it.
add_custom_target(pawl_installable DEPENDS pawl pawl_binary pawl_completions)
install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME pawl)
install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _pawl)
install(FILES ${completions}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME pawl.fish)

install(FILES schemas/workflow.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/pawl/schemas)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs PATTERN internals EXCLUDE)
