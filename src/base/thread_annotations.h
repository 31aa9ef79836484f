// The thread annotations say which mutex guards what, in a form that clang checks at compile time (-Wthread-safety, an
// error in the presets asan and lint); for other compilers they are nothing.
//
//   Mutex mutex_;
//   std::size_t open_ PAWL_GUARDED_BY(mutex_) = 0;     // read and written only while mutex_ is held
//   void replace() PAWL_REQUIRES(mutex_);              // its callers hold mutex_
//   void wait_end() PAWL_EXCLUDES(mutex_);             // its callers do not: it takes mutex_ itself
//   Mutex writing_ PAWL_ACQUIRED_BEFORE(mutex_);       // the order for whoever needs both
//
// docs/internals/locks.md says how to write code that the analysis can follow.
#pragma once

#if defined(__clang__)
#define PAWL_THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define PAWL_THREAD_ANNOTATION(attribute)
#endif

// On data.
#define PAWL_GUARDED_BY(mutex) PAWL_THREAD_ANNOTATION(guarded_by(mutex))
#define PAWL_ACQUIRED_BEFORE(...) PAWL_THREAD_ANNOTATION(acquired_before(__VA_ARGS__))

// On functions.
#define PAWL_REQUIRES(...) PAWL_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define PAWL_EXCLUDES(...) PAWL_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

// For base/mutex.h: on the types that are locks, and on the functions that lock and unlock.
#define PAWL_CAPABILITY(name) PAWL_THREAD_ANNOTATION(capability(name))
#define PAWL_SCOPED_CAPABILITY PAWL_THREAD_ANNOTATION(scoped_lockable)
#define PAWL_ACQUIRE(...) PAWL_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define PAWL_TRY_ACQUIRE(...) PAWL_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define PAWL_RELEASE(...) PAWL_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
