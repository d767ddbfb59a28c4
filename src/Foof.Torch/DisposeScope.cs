using TorchSharp.Native;

namespace TorchSharp;

/// <summary>
/// Disposes, when it is disposed, every tensor that its thread made while it was the innermost scope, except
/// those moved out or detached.
/// </summary>
/// <remarks>
/// A scope belongs to its thread, and only there is its list touched, without a lock. What other threads do to
/// a tensor in it (dispose it, detach it, move it in) is written down under a lock and heeded when it matters.
/// </remarks>
public sealed class DisposeScope : IDisposable
{
    private const int Elsewhere = -1;

    private readonly List<torch.Tensor> tensors = [];
    private readonly PerThread owner = PerThread.Current;
    private HashSet<torch.Tensor>? arrived;
    private HashSet<torch.Tensor>? left;
    private List<IDisposable>? others;
    private DisposeScope? outer;
    private bool disposed;

    internal DisposeScope()
    {
        outer = owner.Scope;
        owner.Scope = this;
    }

    /// <summary>The calling thread's innermost scope, or null.</summary>
    internal static DisposeScope? Current => PerThread.Current.Scope;

    /// <summary>How many objects this scope would dispose now.</summary>
    public int DisposablesCount
    {
        get
        {
            Settle();
            return tensors.Count + (others?.Count ?? 0);
        }
    }

    /// <summary>The objects that this scope would dispose now, as a copy.</summary>
    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            Settle();
            return [.. tensors, .. others ?? []];
        }
    }

    private bool IsOwn => ReferenceEquals(PerThread.Current, owner);

    /// <summary>Takes a tensor in; returns the place to name when it goes.</summary>
    internal int Add(torch.Tensor tensor)
    {
        if (IsOwn)
        {
            if (left is not null)
                Settle();
            tensors.Add(tensor);
            return tensors.Count - 1;
        }
        lock (tensors)
            (arrived ??= new(ReferenceEqualityComparer.Instance)).Add(tensor);
        return Elsewhere;
    }

    /// <summary>Lets a tensor go from its <paramref name="place"/>.</summary>
    internal void Remove(torch.Tensor tensor, int place)
    {
        if (IsOwn && place != Elsewhere)
        {
            RemoveAt(place);
            return;
        }
        lock (tensors)
        {
            if (arrived?.Remove(tensor) != true)
                (left ??= new(ReferenceEqualityComparer.Instance)).Add(tensor);
        }
    }

    // Brings the list up to date with what other threads did.
    private void Settle()
    {
        if (!IsOwn)
            return;
        lock (tensors)
        {
            foreach (var tensor in arrived ?? [])
            {
                tensor.ScopePlace = tensors.Count;
                tensors.Add(tensor);
            }
            for (var place = tensors.Count - 1; left is not null && place >= 0; place--)
            {
                if (left.Contains(tensors[place]))
                    RemoveAt(place);
            }
            arrived = null;
            left = null;
        }
    }

    // The last one moves to the place that becomes free.
    private void RemoveAt(int place)
    {
        var last = tensors.Count - 1;
        var moved = tensors[last];
        tensors[place] = moved;
        moved.ScopePlace = place;
        tensors.RemoveAt(last);
    }

    /// <summary>Passes <paramref name="disposable"/> to the enclosing scope, or to none, and returns it.</summary>
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable => MoveToOther(outer, disposable);

    /// <summary>Passes two objects to the enclosing scope.</summary>
    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    /// <summary>Passes three objects to the enclosing scope.</summary>
    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    /// <summary>Passes all of <paramref name="disposables"/> to the enclosing scope.</summary>
    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(outer, disposables);

    /// <summary>Passes all of <paramref name="disposables"/> to the enclosing scope.</summary>
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(outer, disposables);

    /// <summary>Passes <paramref name="disposable"/> to <paramref name="scope"/> (null: to none) and returns it.</summary>
    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        Move(disposable, scope);
        return disposable;
    }

    /// <summary>Passes all of <paramref name="disposables"/> to <paramref name="scope"/> (null: to none).</summary>
    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) =>
        MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    /// <summary>Passes all of <paramref name="disposables"/> to <paramref name="scope"/> (null: to none).</summary>
    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
            Move(disposable, scope);
    }

    /// <summary>Takes <paramref name="disposable"/> out of every scope and returns it: its holder disposes it.</summary>
    public T Detach<T>(T disposable)
        where T : IDisposable => MoveToOther(null, disposable);

    /// <summary>Takes two objects out of every scope.</summary>
    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (Detach(first), Detach(second));

    /// <summary>Takes three objects out of every scope.</summary>
    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => (Detach(first), Detach(second), Detach(third));

    /// <summary>Takes all of <paramref name="disposables"/> out of every scope.</summary>
    public void Detach(params IDisposable[] disposables) => MoveToOther(null, disposables);

    /// <summary>Takes all of <paramref name="disposables"/> out of every scope.</summary>
    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    /// <summary>Makes this scope the one that disposes <paramref name="disposable"/>.</summary>
    public void Attach(IDisposable disposable) => Move(disposable, this);

    /// <summary>Makes this scope the one that disposes all of <paramref name="disposables"/>.</summary>
    public void Attach(params IDisposable[] disposables) => MoveToOther(this, disposables);

    /// <summary>Makes this scope the one that disposes all of <paramref name="disposables"/>.</summary>
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var attached = disposables.ToList();
        MoveToOther(this, attached);
        return attached;
    }

    /// <summary>Disposes everything that the scope holds and keeps the scope open.</summary>
    public void DisposeEverything()
    {
        Settle();
        // From the end: disposing removes the tensor.
        for (var i = tensors.Count - 1; i >= 0; i--)
            tensors[i].Dispose();
        var doomed = others;
        others = null;
        foreach (var other in doomed ?? [])
            other.Dispose();
    }

    /// <summary>Disposes everything that the scope holds except <paramref name="inKeep"/>.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        Settle();
        var keep = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        for (var i = tensors.Count - 1; i >= 0; i--)
        {
            // Disposing removes the tensor, and the last one, seen already, takes its place.
            if (!keep.Contains(tensors[i]))
                tensors[i].Dispose();
        }
        var doomed = others?.Where(other => !keep.Contains(other)).ToList();
        if (doomed is null)
            return;
        others!.RemoveAll(doomed.Contains);
        foreach (var other in doomed)
            other.Dispose();
    }

    /// <summary>Disposes everything that the scope holds except <paramref name="keep"/>.</summary>
    public void DisposeEverythingBut(params IDisposable[] keep) =>
        DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    /// <summary>Disposes everything that the scope holds except <paramref name="keep"/>, and returns that.</summary>
    public T DisposeEverythingBut<T>(T keep)
        where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    /// <summary>Whether this scope would dispose <paramref name="disposable"/>.</summary>
    public bool Contains(IDisposable disposable) =>
        disposable is torch.Tensor tensor
            ? ReferenceEquals(tensor.Scope, this)
            : others?.Contains(disposable) ?? false;

    /// <summary>Disposes everything that the scope holds and closes it; the enclosing scope is innermost again.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        Unlink();
        DisposeEverything();
    }

    // Scopes nest, but one may be closed out of turn: those inside it stay open.
    private void Unlink()
    {
        if (ReferenceEquals(owner.Scope, this))
        {
            owner.Scope = outer;
            return;
        }
        for (var scope = owner.Scope; scope is not null; scope = scope.outer)
        {
            if (!ReferenceEquals(scope.outer, this))
                continue;
            scope.outer = outer;
            return;
        }
    }

    private void Move(IDisposable disposable, DisposeScope? target)
    {
        if (disposable is torch.Tensor tensor)
        {
            tensor.MoveTo(target);
            return;
        }
        others?.Remove(disposable);
        if (target is not null)
            (target.others ??= []).Add(disposable);
    }
}

public static partial class torch
{
    /// <summary>Opens a scope on the calling thread; dispose it to free the tensors made meanwhile.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>The calling thread's innermost scope, or null.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;

    /// <summary>Runs <paramref name="expr"/> in a scope of its own; only its result survives.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
