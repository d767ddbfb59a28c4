namespace Foof.Laplace.Tests.Continual;

/// <summary>Several things that go together.</summary>
internal sealed record Owner<T>(T[] Items) : IDisposable
    where T : IDisposable
{
    public void Dispose()
    {
        foreach (var item in Items)
            item.Dispose();
    }
}

internal static class Owning
{
    internal static Owner<T> AsOwner<T>(this T[] items)
        where T : IDisposable => new(items);
}
