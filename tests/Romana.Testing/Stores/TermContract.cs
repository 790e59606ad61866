using Romana.Ipam.Stores;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>The term port's promises.</summary>
public abstract class TermContract
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A source over the test's one place; each call as another process would have it.</summary>
    protected abstract ITermSource Source();

    [Fact]
    public async Task One_holds_it_and_the_others_learn_who()
    {
        var term = await Source().TryAcquireAsync("controller on a, pid 1", Cancel);
        Assert.NotNull(term);
        Assert.Null(await Source().TryAcquireAsync("controller on b", Cancel));
        Assert.Equal("controller on a, pid 1", await Source().HolderAsync(Cancel));
        Assert.True(term.Remaining > TimeSpan.Zero);
        Assert.False(term.Lost.IsCancellationRequested);
        term.Dispose();
    }

    [Fact]
    public async Task A_term_given_back_can_be_taken_and_its_number_grew()
    {
        Assert.Null(await Source().HolderAsync(Cancel));
        var first = (await Source().TryAcquireAsync("a", Cancel))!;
        first.Dispose();
        Assert.Equal(TimeSpan.Zero, first.Remaining);
        Assert.True(first.Lost.IsCancellationRequested);
        Assert.Null(await Source().HolderAsync(Cancel));
        using var second = await Source().TryAcquireAsync("b", Cancel);
        Assert.True(second!.Number > first.Number);
        Assert.Equal("b", await Source().HolderAsync(Cancel));
    }

    [Fact]
    public async Task Disposing_an_old_term_takes_nothing_from_the_next()
    {
        var first = (await Source().TryAcquireAsync("a", Cancel))!;
        first.Dispose();
        using var second = await Source().TryAcquireAsync("b", Cancel);
        first.Dispose();
        Assert.Null(await Source().TryAcquireAsync("c", Cancel));
    }
}
