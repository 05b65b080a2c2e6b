package fsm

import (
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/rows"
)

// The bytes of an envelope: the command's kind (1 byte), the length of the head (uvarint) and the
// head (who asked; nothing for the engine's own commands), then the command.
type head struct {
	Request *Request `cbor:"1,keyasint,omitempty"`
	Actor   string   `cbor:"2,keyasint,omitempty"`
	Only    *Scope   `cbor:"3,keyasint,omitempty"`
}

// commands has one row for each Kind, at its number.
var commands = [...]struct {
	name string
	make func() Command
}{
	KindLoadPackage:    {"LoadPackage", func() Command { return new(LoadPackage) }},
	KindRouteType:      {"RouteType", func() Command { return new(RouteType) }},
	KindUnrouteType:    {"UnrouteType", func() Command { return new(UnrouteType) }},
	KindRollbackType:   {"RollbackType", func() Command { return new(RollbackType) }},
	KindUnloadVersion:  {"UnloadVersion", func() Command { return new(UnloadVersion) }},
	KindStartRun:       {"StartRun", func() Command { return new(StartRun) }},
	KindSignalRun:      {"SignalRun", func() Command { return new(SignalRun) }},
	KindRecordTurn:     {"RecordTurn", func() Command { return new(RecordTurn) }},
	KindFireTimers:     {"FireTimers", func() Command { return new(FireTimers) }},
	KindCancelRun:      {"CancelRun", func() Command { return new(CancelRun) }},
	KindTerminateRun:   {"TerminateRun", func() Command { return new(TerminateRun) }},
	KindPauseRun:       {"PauseRun", func() Command { return new(PauseRun) }},
	KindResumeRun:      {"ResumeRun", func() Command { return new(ResumeRun) }},
	KindAnnounceNode:   {"AnnounceNode", func() Command { return new(AnnounceNode) }},
	KindRemoveNode:     {"RemoveNode", func() Command { return new(RemoveNode) }},
	KindReportReady:    {"ReportReady", func() Command { return new(ReportReady) }},
	KindReportDigest:   {"ReportDigest", func() Command { return new(ReportDigest) }},
	KindAnnounceLeader: {"AnnounceLeader", func() Command { return new(AnnounceLeader) }},
	KindCheck:          {"Check", func() Command { return new(Check) }},
	KindLeaseTasks:     {"LeaseTasks", func() Command { return new(LeaseTasks) }},
	KindCompleteTasks:  {"CompleteTasks", func() Command { return new(CompleteTasks) }},
	KindFailTasks:      {"FailTasks", func() Command { return new(FailTasks) }},
	KindBeatTasks:      {"BeatTasks", func() Command { return new(BeatTasks) }},
	KindReleaseTasks:   {"ReleaseTasks", func() Command { return new(ReleaseTasks) }},
	KindLimitQueue:     {"LimitQueue", func() Command { return new(LimitQueue) }},
	KindReopenRun:      {"ReopenRun", func() Command { return new(ReopenRun) }},
	KindPutSchedule:    {"PutSchedule", func() Command { return new(PutSchedule) }},
	KindDeleteSchedule: {"DeleteSchedule", func() Command { return new(DeleteSchedule) }},
	KindPauseSchedule:  {"PauseSchedule", func() Command { return new(PauseSchedule) }},
	KindResumeSchedule: {"ResumeSchedule", func() Command { return new(ResumeSchedule) }},
	KindFireSchedule:   {"FireSchedule", func() Command { return new(FireSchedule) }},
	KindSetRetention:   {"SetRetention", func() Command { return new(SetRetention) }},
	KindPurgeRuns:      {"PurgeRuns", func() Command { return new(PurgeRuns) }},
	KindSetLimits:      {"SetLimits", func() Command { return new(SetLimits) }},
	KindContinue:       {"Continue", func() Command { return new(Continue) }},
	KindConfirmTime:    {"ConfirmTime", func() Command { return new(ConfirmTime) }},
	KindRaiseLevel:     {"RaiseLevel", func() Command { return new(RaiseLevel) }},

	KindUnloadWhenDrained:   {"UnloadWhenDrained", func() Command { return new(UnloadWhenDrained) }},
	KindCancelUnload:        {"CancelUnload", func() Command { return new(CancelUnload) }},
	KindSetVersionRetention: {"SetVersionRetention", func() Command { return new(SetVersionRetention) }},
	KindPurgeVersions:       {"PurgeVersions", func() Command { return new(PurgeVersions) }},
	KindSetCanary:           {"SetCanary", func() Command { return new(SetCanary) }},
	KindEndCanary:           {"EndCanary", func() Command { return new(EndCanary) }},
	KindDeploy:              {"Deploy", func() Command { return new(Deploy) }},
	KindStartPackage:        {"StartPackage", func() Command { return new(StartPackage) }},
	KindMoveRun:             {"MoveRun", func() Command { return new(MoveRun) }},
	KindTakeFingerprints:    {"TakeFingerprints", func() Command { return new(TakeFingerprints) }},
	KindRefound:             {"Refound", func() Command { return new(Refound) }},
	KindIssueJoinToken:      {"IssueJoinToken", func() Command { return new(IssueJoinToken) }},
	KindRevokeJoinToken:     {"RevokeJoinToken", func() Command { return new(RevokeJoinToken) }},
	KindSetVote:             {"SetVote", func() Command { return new(SetVote) }},
	KindTakeOrdered:         {"TakeOrdered", func() Command { return new(TakeOrdered) }},
	KindStartBatch:          {"StartBatch", func() Command { return new(StartBatch) }},
	KindStopBatch:           {"StopBatch", func() Command { return new(StopBatch) }},
	KindActBatch:            {"ActBatch", func() Command { return new(ActBatch) }},
	KindStopRuns:            {"StopRuns", func() Command { return new(StopRuns) }},
	KindSetRunQuota:         {"SetRunQuota", func() Command { return new(SetRunQuota) }},
	KindLiftStop:            {"LiftStop", func() Command { return new(LiftStop) }},
	KindUpdateRun:           {"UpdateRun", func() Command { return new(UpdateRun) }},
	KindBootstrap:           {"Bootstrap", func() Command { return new(Bootstrap) }},
	KindCreateToken:         {"CreateToken", func() Command { return new(CreateToken) }},
	KindRevokeToken:         {"RevokeToken", func() Command { return new(RevokeToken) }},
	KindSetForwardKey:       {"SetForwardKey", func() Command { return new(SetForwardKey) }},
	KindTrustKey:            {"TrustKey", func() Command { return new(TrustKey) }},
	KindRevokeKey:           {"RevokeKey", func() Command { return new(RevokeKey) }},
	KindSetSignatureRule:    {"SetSignatureRule", func() Command { return new(SetSignatureRule) }},
	KindDropSignatureRule:   {"DropSignatureRule", func() Command { return new(DropSignatureRule) }},
	KindCreateNamespace:     {"CreateNamespace", func() Command { return new(CreateNamespace) }},
	KindSetNamespace:        {"SetNamespace", func() Command { return new(SetNamespace) }},
	KindChangeNamespace:     {"ChangeNamespace", func() Command { return new(ChangeNamespace) }},
	KindDeleteNamespace:     {"DeleteNamespace", func() Command { return new(DeleteNamespace) }},
	KindDeferTasks:          {"DeferTasks", func() Command { return new(DeferTasks) }},
	KindReportActivity:      {"ReportActivity", func() Command { return new(ReportActivity) }},
	KindNoteCall:            {"NoteCall", func() Command { return new(NoteCall) }},
	KindResetRun:            {"ResetRun", func() Command { return new(ResetRun) }},
}

// String is the command's name, for errors and logs.
func (k Kind) String() string {
	if int(k) < len(commands) && commands[k].name != "" {
		return commands[k].name
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// EncodeEnvelope writes one command; EntryOf joins such pieces, so that a group committer encodes
// each command once, in its caller's goroutine.
func EncodeEnvelope(e Envelope) ([]byte, error) {
	var who []byte
	if e.Request != nil || e.Actor != "" || e.Only != nil {
		who = rows.AppendEncoded(make([]byte, 0, 256), &head{Request: e.Request, Actor: e.Actor, Only: e.Only})
	}
	b := append(make([]byte, 0, 512), byte(e.Command.Kind()))
	b = binary.AppendUvarint(b, uint64(len(who)))
	b, err := rows.AppendEncode(append(b, who...), e.Command)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Command.Kind(), err)
	}
	return b, nil
}

// DecodeEnvelope is the reverse of EncodeEnvelope.
func DecodeEnvelope(b []byte) (Envelope, error) {
	if len(b) == 0 {
		return Envelope{}, fmt.Errorf("command of no bytes")
	}
	kind := Kind(b[0])
	if int(kind) >= len(commands) || commands[kind].make == nil {
		return Envelope{}, fmt.Errorf("command kind %d is not known to this build", b[0])
	}
	size, n := binary.Uvarint(b[1:])
	if n <= 0 || size > uint64(len(b)-1-n) {
		return Envelope{}, fmt.Errorf("%s: its head is cut off", kind)
	}
	who, command := b[1+n:1+n+int(size)], b[1+n+int(size):]
	var h head
	if size > 0 {
		if err := rows.Decode(who, &h); err != nil {
			return Envelope{}, fmt.Errorf("decode the head of %s: %w", kind, err)
		}
	}
	e := Envelope{Request: h.Request, Actor: h.Actor, Only: h.Only, Command: commands[kind].make()}
	if err := rows.Decode(command, e.Command); err != nil {
		return Envelope{}, fmt.Errorf("decode %s: %w", kind, err)
	}
	if c, ok := e.Command.(unreadable); ok {
		if err := c.unreadable(); err != nil {
			return Envelope{}, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return e, nil
}
