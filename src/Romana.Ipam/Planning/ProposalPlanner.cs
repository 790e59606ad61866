using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>
/// Resolves the open proposal, whoever made it: recalls what does not fit and looks empty, waits for holders, then
/// commits by CAS on the very version that holds the proposal, or withdraws with everything that does not fit (I11).
/// It may count on the listing since that was read after the proposal stood: from then on no agent accepts.
/// </summary>
internal sealed class ProposalPlanner(
    ControllerView view, TopologyProposal proposal, CommittedSpace before, CommittedSpace after, LifecycleRules rules, PlanBuilder plan)
{
    private readonly Dictionary<HostUid, HostSpec> _hosts = view.Hosts.ToDictionary(host => host.Spec.Uid, host => host.Spec);
    private readonly List<string> _refusals = [];
    private readonly List<string> _waiting = [];

    public void Plan(BlockIndex blocks)
    {
        foreach (var block in blocks.All) Judge(block);
        var late = view.Now >= proposal.Deadline;
        if (_waiting.Count > 0 && !late) return;
        if (late) _refusals.AddRange(_waiting);
        plan.Add(_refusals.Count == 0 ? Commit() : Withdraw());
    }

    private void Judge(TypedRecord<BlockSpec, BlockStatus> block)
    {
        var spec = block.Spec;
        if (spec.Intent == BlockIntent.Free) return;
        var word = BlockFacts.Word(spec, block.Status, rules);
        if (!rules.GrantedCounts && word is null) return;
        var home = after.HomeOf(spec.Cidr);
        if (Misfit(spec, home) is { } misfit) MustGo(block, word, misfit);
        else if (IsTouched(spec, home!.Network)) Ask(block, word);
    }

    private string? Misfit(BlockSpec spec, Home? home)
    {
        if (home is null) return "lies in no group of any network";
        if (after.SlotHome(spec.Cidr) is null) return $"is no slot of {home.Network.Name} (/{home.Network.BlockMask})";
        if (after.Exclusions(home.Network).Usable(spec.Cidr) == 0) return "is reserved or blacked out as a whole";

        // Who was a stranger in its group already does not stop a change.
        return _hosts.TryGetValue(spec.Host, out var host) && !Admits(home, host) && before.HomeOf(spec.Cidr) is { } old && Admits(old, host)
            ? $"lies in group {home.Leaf.Cidr}, which its host's labels do not enter" : null;
    }

    private static bool Admits(Home home, HostSpec host) => home.Leaf.Hosts.Any(listed => listed.Name == host.Name)
        || GroupPlacement.Eligible(home.Network, host.Labels).Any(leaf => leaf.Cidr == home.Leaf.Cidr);

    private bool IsTouched(BlockSpec spec, Network network)
    {
        var old = before.HomeOf(spec.Cidr);
        return old is null || !before.Exclusions(old.Network).SameWithin(spec.Cidr, after.Exclusions(network));
    }

    private void MustGo(TypedRecord<BlockSpec, BlockStatus> block, BlockStatus? word, string misfit)
    {
        var text = $"{block.Spec.Cidr} of {Holder(block.Spec)} {misfit}";
        if (Answer(word) is { Refusals.IsEmpty: false } answer) _refusals.Add($"{text}: {string.Join(", ", answer.Refusals)}");
        else if (word is { Phase: BlockPhase.Accepted, InUse: > 0 }) _refusals.Add($"{text}: it holds {word.InUse} addresses");
        else Recall(block, text);
    }

    private void Ask(TypedRecord<BlockSpec, BlockStatus> block, BlockStatus? word)
    {
        var text = $"{block.Spec.Cidr} of {Holder(block.Spec)} has addresses that would be reserved or blacked out";
        if (Answer(word) is { } answer)
        {
            if (!answer.Refusals.IsEmpty) _refusals.Add($"{text}: {string.Join(", ", answer.Refusals)}");
        }
        else if (word is { Phase: BlockPhase.Accepted })
        {
            _waiting.Add($"{text}: no answer");
        }
        else
        {
            // Its agent may be about to accept it, or have accepted it without our knowing: it has to say.
            Recall(block, text);
        }
    }

    private void Recall(TypedRecord<BlockSpec, BlockStatus> block, string text)
    {
        _waiting.Add($"{text}: {(view.StillRouted.Contains(block.Spec.Cidr) ? "a route of ours still leads there" : "not given back yet")}");
        if (block.Spec.Intent != BlockIntent.Lent || view.Now >= proposal.Deadline) return;
        if (_hosts.TryGetValue(block.Spec.Host, out var host) && host.Condition == HostCondition.Dead) return;
        plan.Add(new Change.UpdateBlock(block, block.Spec with { Intent = BlockIntent.Recall, RecalledFor = proposal.Id },
            $"recall {block.Spec.Cidr} for {proposal.Id}"));
    }

    private ProposalAnswer? Answer(BlockStatus? word) => word?.Answer is { } answer && answer.ProposalId == proposal.Id ? answer : null;

    private string Holder(BlockSpec spec) => _hosts.TryGetValue(spec.Host, out var host) ? host.Name : spec.Host.Text;

    private Change.UpdateTopology Commit()
    {
        var spec = view.Topology!.Spec;
        return new(view.Topology, spec with
        {
            Document = proposal.Document,
            Generation = spec.Generation + 1,
            Arenas = proposal.Arenas,
            BlackOuts = proposal.BlackOuts,
            Proposal = null,
            Conditions = [.. spec.Conditions.Where(condition => condition.Type != TopologyChange.RefusedCondition)],
        }, $"commit {proposal.Id}");
    }

    private Change.UpdateTopology Withdraw()
    {
        var spec = view.Topology!.Spec;
        var message = $"{proposal.Id} was withdrawn, nothing changed; what does not fit: {string.Join("; ", _refusals)}";
        plan.Event(TopologyChange.RefusedCondition, proposal.Id, message);
        return new(view.Topology, TopologyChange.Refused(spec, message, view.Now), $"withdraw {proposal.Id}");
    }
}
