/* Gated (lossless) subscribers of a broadcast log: joining, leaving, dying, eviction, succession of the publisher.
   core/ring/broadcast_gate.hpp is the code. One STEP = one shared access, seq_cst. A crash is possible at every STEP.
   run:  spin -DDEFS -a gated_join.pml
         gcc -O2 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=7500 -o pan pan.c; ./pan -E -m1000000 -w24

   The rule:
     publisher at write_pos w == L:  nl = w + AHEAD, and c + N of each live, not evicted gate that is less; a gate with c + N < w
        has not joined yet, and is passed over. Store L = nl; look at the gates again; store L = nl; nl == w: full, wait, repeat.
     joiner:  raise high; store cursor c; store gate {active, token}; load L; c < L - N: c = L - N, store, load again; else read.
     eviction, by policy, at a gate with c + N == w: the publisher stores the victim's token in its own eviction word, and passes
        a gate over while it holds the token of that word.
     successor: w = first position not published, from the stamps; L = w + 1 if slot w carries 2w+1 (it was being written), else
        w; store it; go on. It believes no L that it finds.
   Recovery: CAS {active, t} -> inactive after proof that t is dead.

   NG gates; START positions exist at first, MSGS more are published; JOINS joins in all; SCRASH, PCRASH deaths of
   subscribers and publisher; STOP subscribers that stop for ever alive; EVICT evictions; NREC recoverers; AHEAD = N/4.
   Joiners pick any c from max(0, w - N) to w, arbitrarily stale when stored. All wrap (START = N).

   Asserted: a gated, not evicted reader never finds a later stamp than its own, and what it copies is exactly its position,
   untorn, in order; the successor finds the true write_pos; at the end the publisher has published everything, unless a
   stopped, living, not evicted gate holds it and no eviction is left; every other reader has read everything.

   Exhausted, no error (states):                            Must fail:
   (none)                                      3 620 465    BUG_NOSECOND  no second look
   AHEAD=2 MSGS=3 JOINS=1                         20 864    BUG_NOCHECK  joiner does not load L
   with N=2 START=2:                                        BUG_EARLY  cursor advanced before reading
   MSGS=4                                      1 341 878    BUG_PASSED  a gate is passed over too early
   MSGS=3 PCRASH=1                             2 626 520    BUG_HIGH_LATE  high is raised behind the look at L
   MSGS=2 SCRASH=1 NREC=2                      4 078 399    BUG_TRUST_L  successor believes L           (PCRASH=1)
   MSGS=3 JOINS=2 PCRASH=1 SCRASH=1 NREC=1    10 900 738    BUG_L_IS_WPOS  successor stores L = w always (PCRASH=1)
   MSGS=3 EVICT=1 JOINS=3                     15 020 868    BUG_NOTOKEN  recovery without token   (SCRASH=1 NREC=2)
   MSGS=3 STOP=1                               1 827 918    BUG_EVICT_TOKEN  eviction is a flag    (EVICT=1 JOINS=3)
   MSGS=3 STOP=1 EVICT=1                       5 332 921    BUG_EVICT_LATE  its token is stored behind the message that
   MSGS=2 EVICT=1 PCRASH=1                     4 343 107      overwrites what it needed                   (EVICT=1) */
#ifndef N
#define N 4
#endif
#ifndef AHEAD
#define AHEAD 1                 /* max(1, N/4); 2 stands for larger rings */
#endif
#ifndef NG
#define NG 2
#endif
#ifndef START
#define START 4                 /* positions already published when the model begins */
#endif
#ifndef MSGS
#define MSGS 4                  /* positions published in the model */
#endif
#ifndef JOINS
#define JOINS 2                 /* joins in all */
#endif
#ifndef SCRASH
#define SCRASH 0
#endif
#ifndef PCRASH
#define PCRASH 0
#endif
#ifndef STOP
#define STOP 0                  /* subscribers that stop moving while alive */
#endif
#ifndef EVICT
#define EVICT 0
#endif
#ifndef NREC
#define NREC 0
#endif
#define END (START+MSGS)
#define S(p) ((p)%N)
#define LOW(x) ((x)>N -> (x)-N : 0)
byte stamp[N], v0[N], v1[N];                 /* the log: 2p+1 writing, 2p+2 readable; two payload words            */
byte L=START;                                /* gate_limit, producer's region                                      */
byte evict[NG];                              /* producer's region: token of the evicted subscriber                 */
bit  act[NG]; byte tok[NG];                  /* a gate's word {active, token}                                      */
byte cur[NG];                                /* and its cursor                                                     */
byte high;                                   /* gates from here on were never used; only raised                    */
byte reg[NG]; bit alive[NG], frozen[NG];     /* registry: token or 0; living?                                      */
byte ntok, joins=JOINS, scr=SCRASH, pcr=PCRASH, stops=STOP, evs=EVICT;
bit  pwake, pdone, palive; byte wpos=START, pwait;  /* wpos: ghost, published positions                            */
bit  swake[NG];
inline WAKE_P() { pwake=1 }
inline WAKE_S() { byte z; z=0; do :: z<NG -> swake[z]=1; z++ :: else -> break od; z=0 }
#define SSTEP(...) if :: atomic { __VA_ARGS__ } :: atomic { scr>0 -> scr--; goto crashed } :: atomic { stops>0 -> stops--; frozen[me]=1; goto frozen_ } fi
#define PSTEP(...) if :: atomic { __VA_ARGS__ } :: atomic { pcr>0 -> pcr--; goto crashed } fi
#ifdef BUG_EVICT_TOKEN                       /* eviction as a flag, not as the token of the evicted                */
#define EVICTED(g,t) (evict[g]!=0)
#else
#define EVICTED(g,t) (evict[g]==(t))
#endif

#ifdef BUG_PASSED                            /* a gate whose next message is the one to be overwritten counts as passed  */
#define PASSED(c) ((c)+N<=w)
#else
#define PASSED(c) ((c)+N<w)
#endif
#ifdef BUG_EVICT_LATE                        /* the token is stored behind the message */
#define EVICT_BEHIND PSTEP( if :: et!=0 -> evict[eg]=et; et=0; eg=0 :: else fi );
#define LATE(g,t) (et==(t) && eg==(g))
#else
#define EVICT_BEHIND
#define LATE(g,t) false
#endif

proctype P() {
  byte w, nl, g, i, h, t;
#ifdef BUG_EVICT_LATE
  byte eg, et;
#endif
start:
  atomic { palive=1 ->                       /* a successor knows only the shared memory                           */
    i=0; w=0; do :: i<N -> if :: stamp[i]%2==0 && stamp[i]/2>w -> w=stamp[i]/2 :: else fi; i++ :: else -> break od; i=0;
    assert(w==wpos) }
#ifdef BUG_TRUST_L                           /* goes on with the L that it finds                                   */
  PSTEP( nl=L );
#else
#ifdef BUG_L_IS_WPOS
  PSTEP( nl=w );
#else
  PSTEP( if :: stamp[S(w)]==2*w+1 -> nl=w+1 :: else -> nl=w fi );
#endif
  PSTEP( L=nl );
#endif
next:
  if :: w==END -> goto finished :: else fi;
  if :: w<nl -> goto write :: else fi;
scan:                                        /* w == L: look at the gates                                          */
  atomic { pwake=0; nl=w+AHEAD };
s1:
  PSTEP( h=high; g=0 );
g1:
  if :: g>=h -> goto d1 :: else fi;
  PSTEP( if :: act[g] && !EVICTED(g,tok[g]) && !LATE(g,tok[g]) -> t=tok[g] :: else -> g++; goto g1 fi );
  PSTEP( if :: PASSED(cur[g]) || cur[g]+N>=nl -> t=0; g++; goto g1
            :: !PASSED(cur[g]) && cur[g]+N<nl && cur[g]+N<=w && evs>0 -> evs--              /* policy: evict        */
            :: !PASSED(cur[g]) && cur[g]+N<nl -> nl=cur[g]+N; t=0; g++; goto g1 fi );
#ifdef BUG_EVICT_LATE
  atomic { eg=g; et=t; t=0; g++; goto g1 };
#else
  PSTEP( evict[g]=t; t=0; g++; goto g1 );
#endif
d1:
  atomic { h=0; g=0; t=0 };
  PSTEP( L=nl );
#ifndef BUG_NOSECOND
s2:
  PSTEP( h=high; g=0 );
g2:
  if :: g>=h -> goto d2 :: else fi;
  PSTEP( if :: act[g] && !EVICTED(g,tok[g]) && !LATE(g,tok[g]) -> t=tok[g] :: else -> g++; goto g2 fi );
  PSTEP( if :: PASSED(cur[g]) || cur[g]+N>=nl -> t=0; g++; goto g2
            :: !PASSED(cur[g]) && cur[g]+N<nl && cur[g]+N<=w && evs>0 -> evs--              /* policy: evict        */
            :: !PASSED(cur[g]) && cur[g]+N<nl -> nl=cur[g]+N; t=0; g++; goto g2 fi );
#ifdef BUG_EVICT_LATE
  atomic { eg=g; et=t; t=0; g++; goto g2 };
#else
  PSTEP( evict[g]=t; t=0; g++; goto g2 );
#endif
d2:
  atomic { h=0; g=0; t=0 };
  PSTEP( L=nl );
#endif
  if :: nl>w -> goto write :: else fi;
isfull:
  if :: atomic { pwake -> goto scan }
     :: atomic { evs>0 -> goto scan }        /* policy: evict                                                       */
  fi;
write:
  PSTEP( stamp[S(w)] = 2*w+1 );
  PSTEP( v0[S(w)] = w );
  PSTEP( v1[S(w)] = w );
  PSTEP( stamp[S(w)] = 2*w+2; w++; wpos=w; WAKE_S() );
  EVICT_BEHIND
  goto next;
crashed:
  atomic { palive=0; w=0; nl=0; g=0; i=0; h=0; t=0; goto start };
finished: atomic { pdone=1; WAKE_S() }
}

proctype Sub(byte me) {
  byte c, t, l, a, b;
start:
  atomic { joins>0 && reg[me]==0 -> joins--; ntok++; t=ntok; reg[me]=t; alive[me]=1;
    c = LOW(wpos); do :: c<wpos -> c++ :: break od }                             /* any plausible first position   */
#ifndef BUG_HIGH_LATE
  SSTEP( if :: high<=me -> high=me+1 :: else fi );
#endif
  SSTEP( cur[me]=c; WAKE_P() );
  SSTEP( act[me]=1; tok[me]=t; WAKE_P() );
#ifndef BUG_NOCHECK
join:
  SSTEP( l=L );
  if :: c<LOW(l) -> c=LOW(l); l=0 :: else -> l=0; goto joined fi;
  SSTEP( cur[me]=c; WAKE_P(); goto join );
#endif
joined:
#ifdef BUG_HIGH_LATE
  SSTEP( if :: high<=me -> high=me+1 :: else fi );
#endif
read:
  if :: atomic { c==END -> goto leave }
     :: else fi;
  SSTEP( swake[me]=0; l=stamp[S(c)];
    if :: l==2*c+2
       :: l<2*c+2 -> l=0; goto wait
       :: l>2*c+2 -> goto lapped fi );
  SSTEP( a=v0[S(c)] );
  SSTEP( b=v1[S(c)] );
  SSTEP( if :: stamp[S(c)]==l -> l=0 :: else -> goto lapped fi );
  atomic { assert(a==c && b==c); a=0; b=0; c++ };
#ifdef BUG_EARLY
  SSTEP( cur[me]=c+1; WAKE_P(); goto read );
#else
  SSTEP( cur[me]=c; WAKE_P(); goto read );
#endif
wait:
  if :: atomic { swake[me] -> goto read }
     :: atomic { joins>0 -> goto leave }                                         /* leaves early                   */
     :: atomic { scr>0 -> scr--; goto crashed }
     :: atomic { stops>0 -> stops--; frozen[me]=1; goto frozen_ } fi;
lapped:
  atomic { assert(evict[me]==t); l=0; a=0; b=0 };                                /* a gated one: only if evicted   */
leave:
  SSTEP( act[me]=0; WAKE_P() );
  atomic { reg[me]=0; alive[me]=0; c=0; t=0; l=0; goto start };
crashed:
  atomic { alive[me]=0; c=0; t=0; l=0; a=0; b=0; goto start };
frozen_: false
}

proctype Rec() {                             /* any port that finds a dead entry; may stall anywhere               */
  byte g, t;
r0:
  atomic { if :: reg[0] && !alive[0] -> g=0
#if NG>1
              :: reg[1] && !alive[1] -> g=1
#endif
    fi; t=reg[g] };
#ifdef BUG_NOTOKEN
  atomic { act[g]=0; WAKE_P() };
#else
  atomic { if :: act[g] && tok[g]==t -> act[g]=0; WAKE_P() :: else fi };         /* CAS {1,t} -> 0                 */
#endif
  atomic { if :: reg[g]==t -> reg[g]=0 :: else fi; g=0; t=0; goto r0 }
}

init {
  byte i;
  atomic {
    i=0; do :: i<START -> stamp[S(i)]=2*i+2; v0[S(i)]=i; v1[S(i)]=i; i++ :: else -> break od; i=0;
    run P();
    do :: i<NG -> run Sub(i); i++ :: else -> break od; i=0;
    do :: i<NREC -> run Rec(); i++ :: else -> break od; i=0
  }
  /* nothing moves: who can has read all there is; the producer is done, or a stopped living gate holds it */
  atomic { timeout ->
    i=0; do :: i<NG -> assert(!alive[i] || frozen[i] || !pdone); i++ :: else -> break od;
#if NREC>0
    i=0; do :: i<NG -> assert(!reg[i] || alive[i]); i++ :: else -> break od;
#endif
    if :: pdone
       :: else -> i=0; do :: i<NG && !(act[i] && frozen[i] && alive[i] && evict[i]!=tok[i] && cur[i]+N==wpos) -> i++
                          :: else -> break od; assert(i<NG && evs==0) fi }
}
