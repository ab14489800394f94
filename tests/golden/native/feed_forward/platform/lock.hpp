// What threads wait for. These are pthread's own: the headers of std::mutex and its like take longer to compile than all kernels.
#pragma once

#include <pthread.h>

namespace {

using Mutex = pthread_mutex_t;         // begins as PTHREAD_MUTEX_INITIALIZER
using Condition = pthread_cond_t;   // begins as PTHREAD_COND_INITIALIZER

/// Holds a mutex until the end of its scope.
class Hold {
public:
    explicit Hold(Mutex& mutex) : mutex_(mutex) { lock(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { if (holds_) unlock(); }

    void lock() { pthread_mutex_lock(&mutex_); holds_ = true; }
    void unlock() { holds_ = false; pthread_mutex_unlock(&mutex_); }
    /// Lets go of the mutex until there is news, and holds it again: until `true_now()` is.
    template <class Test> void wait(Condition& news, const Test& true_now) {
        while (!true_now()) wait(news);
    }
    void wait(Condition& news) { pthread_cond_wait(&news, &mutex_); }

private:
    Mutex& mutex_;
    bool holds_ = false;
};

}  // namespace
