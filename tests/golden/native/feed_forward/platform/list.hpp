// Lists that grow, and things with one owner. The headers of std::vector and std::unique_ptr take longer to compile than all kernels.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

using std::size_t;

namespace {

/// What is at `from`, in memory of `bytes`.
[[gnu::cold, gnu::noinline, maybe_unused]] void* regrown(void* from, size_t bytes) {
    void* const to = std::realloc(from, bytes);
    if (!to) throw std::bad_alloc();
    return to;
}

}  // namespace

/// Values one after another, moved byte by byte.
template <class T> class List {
    static_assert(__is_trivially_copyable(T), "a list moves what it holds byte by byte");

public:
    List() = default;
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List() { std::free(data_); }

    void push_back(const T& value) {
        const T copy = value;   // it may lie in this list
        if (size_ == room_) grow(2 * size_ + 8);
        data_[size_++] = copy;
    }
    void pop_back() { --size_; }
    void clear() { size_ = 0; }
    void reserve(size_t size) { if (size > room_) grow(size); }
    /// Makes room for `size` values; new ones do not matter.
    void resize(size_t size) { reserve(size); size_ = size; }
    void assign(size_t size, const T& value) {
        resize(size);
        for (size_t i = 0; i < size; ++i) data_[i] = value;
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& back() { return data_[size_ - 1]; }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }

private:
    void grow(size_t size) { data_ = static_cast<T*>(regrown(data_, size * sizeof(T))); room_ = size; }
    T* data_ = nullptr;
    size_t size_ = 0, room_ = 0;
};

/// One thing, or none, that ends with its owner.
template <class T> class Owner {
public:
    explicit Owner(T* thing = nullptr) : thing_(thing) {}
    Owner(Owner&& other) noexcept : thing_(other.release()) {}
    Owner& operator=(Owner&&) = delete;
    ~Owner() { delete thing_; }

    void swap(Owner& other) { T* const own = thing_; thing_ = other.thing_; other.thing_ = own; }
    T* release() { T* const thing = thing_; thing_ = nullptr; return thing; }
    T* get() const { return thing_; }
    T& operator*() const { return *thing_; }
    explicit operator bool() const { return thing_ != nullptr; }

private:
    T* thing_;
};

/// Things of which there are more and more.
template <class T> class Owners {
public:
    Owners() = default;
    Owners(const Owners&) = delete;
    Owners& operator=(const Owners&) = delete;
    ~Owners() { for (T* thing : things_) delete thing; }

    /// Makes so many of them, where there are fewer.
    void at_least(size_t count) { while (things_.size() < count) push(Owner<T>(new T)); }
    void push(Owner<T> thing) { things_.push_back(nullptr); things_.back() = thing.release(); }
    Owner<T> pop() { T* const last = things_.back(); things_.pop_back(); return Owner<T>(last); }
    bool empty() const { return things_.empty(); }
    T& operator[](size_t i) const { return *things_[i]; }

private:
    List<T*> things_;
};
