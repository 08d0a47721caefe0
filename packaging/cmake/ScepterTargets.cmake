# SPDX-License-Identifier: GPL-3.0-or-later
# How every target of Scepter is built: flags in one INTERFACE target, and three functions so that each layer's
# CMakeLists.txt says only what is its own (its files and its link list).

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_AUTOUIC_SEARCH_PATHS ${PROJECT_SOURCE_DIR})

option(SCEPTER_WERROR "Treat warnings as errors" OFF)
option(SCEPTER_HARDENING "Build with the compiler's and linker's exploit mitigations" ON)
option(SCEPTER_FUZZ "Build the parsers and their fuzzers only (clang)" OFF)
set(SCEPTER_FUZZ_SECONDS 0 CACHE STRING "How long each fuzzer runs as a test; 0: the same few thousand inputs every time")
set(SCEPTER_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined")

include(CheckPIESupported)
check_pie_supported()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(scepter_flags INTERFACE)
target_compile_options(scepter_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual
    -Wunused $<$<BOOL:${SCEPTER_WERROR}>:-Werror>
    # std::stable_sort of libstdc++ 12 calls what the same header deprecates; clang sees it through the templates, g++ does not.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_compile_definitions(scepter_flags INTERFACE
    QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_CAST_FROM_BYTEARRAY QT_NO_FOREACH QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    SCEPTER_VERSION="${PROJECT_VERSION}")
if(Qt6_VERSION VERSION_GREATER_EQUAL 6.5)
    # Written for Qt 6.4: what later versions deprecate has no successor there.
    target_compile_definitions(scepter_flags INTERFACE QT_WARN_DEPRECATED_UP_TO=0x060400)
endif()
if(SCEPTER_SANITIZE)
    target_compile_options(scepter_flags INTERFACE -fsanitize=${SCEPTER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(scepter_flags INTERFACE -fsanitize=${SCEPTER_SANITIZE})
elseif(SCEPTER_HARDENING)
    target_compile_options(scepter_flags INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
    target_link_options(scepter_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(SCEPTER_FUZZ)
    target_compile_options(scepter_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# A program links a shared library only if it calls into it: scepctl starts without loading the SQL or GUI libraries.
target_link_options(scepter_flags INTERFACE -Wl,--as-needed)

# scepter_add_library(NAME [MOC] SOURCES .. HEADERS .. [PUBLIC ..] [PRIVATE ..])
# One static library per layer. MOC: it has QObjects. Includes are written from the root of the source tree.
function(scepter_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MOC" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
    add_library(${name} STATIC)
    target_sources(${name}
        PRIVATE ${arg_SOURCES}
        PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    if(NOT name MATCHES "^test_") # tests and what they share may write plain literals
        target_compile_definitions(${name} PRIVATE QT_NO_CAST_FROM_ASCII)
    endif()
    target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE scepter_flags ${arg_PRIVATE})
    set_target_properties(${name} PROPERTIES AUTOMOC ${arg_MOC})
endfunction()

# scepter_add_test(NAME [GUI] [LABELS ..] [TIMEOUT S] SOURCES .. LIBS ..)
# One test program, one ctest. GUI: it needs a QApplication and runs on the offscreen platform.
function(scepter_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "GUI" "TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT")
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
    target_compile_definitions(${name} PRIVATE TEST_DATA_DIR="${PROJECT_SOURCE_DIR}/tests/data")
    target_link_libraries(${name} PRIVATE scepter_flags Qt6::Test ${arg_LIBS})
    set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set(environment "QT_QPA_PLATFORM=offscreen" "LC_ALL=C.UTF-8" "TZ=UTC" "SCEPTER_BIN_DIR=${PROJECT_BINARY_DIR}/bin" ${arg_ENVIRONMENT})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
